//! A local server of its own process, and what it uses of the machine.

use std::time::Duration;

use tokio::process::{Child, Command};

/// A running server.
pub struct Server {
    process: Child,
    /// Where it is reached.
    pub url: String,
}

impl Server {
    /// Starts the executable on a free port, with its state in memory, or in this file.
    pub async fn start(executable: &str, pack: &str, data: Option<&str>) -> Self {
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
        let mut command = Command::new(executable);
        match data {
            Some(file) => command.args(["--data", file]),
            None => command.arg("--memory"),
        };
        command.args(["--pack", pack, "--port", &port.to_string()]);
        command.env("RUST_LOG", "off").stdout(std::process::Stdio::null()).kill_on_drop(true);
        let mut process = command.spawn().expect("the server starts");
        let url = format!("http://127.0.0.1:{port}");
        while reqwest::get(format!("{url}/health")).await.is_err() {
            let ended = process.try_wait().expect("its state");
            assert!(ended.is_none(), "the server ended: {ended:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self { process, url }
    }

    /// The memory that it has, in MB (Linux: `VmRSS`).
    pub fn memory(&self) -> f64 {
        let field = self.file("status");
        let line = field.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        let kilobytes = line.split_whitespace().next().and_then(|number| number.parse::<f64>().ok());
        kilobytes.unwrap_or(0.0) / 1024.0
    }

    /// The processor time that it has used (Linux: `utime` and `stime`, in hundredths of a second).
    pub fn processor(&self) -> Duration {
        let text = self.file("stat");
        // The name of the command is in parentheses, and may contain spaces.
        let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }

    fn file(&self, name: &str) -> String {
        let id = self.process.id().unwrap_or_default();
        std::fs::read_to_string(format!("/proc/{id}/{name}")).unwrap_or_default()
    }
}
