//! `seatwise dev`.

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;

use etcetera::BaseStrategy as _;
use tokio::net::TcpListener;
use tokio::signal;

use super::connections;
use super::demo::{self, DemoError};
use super::stripe::STUB_KEY;
use super::{AUDIENCE, Billing, Data, Local, Oidc, Options, StartError, running, start};
use crate::publish::PublishedState;
use crate::{BillingMode, DevArgs, logging, say, work};

/// The reason why the server did not start, or ended early.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error("there is no data folder on this system; name a file with --data, or use --memory")]
    NoDataFolder,
    #[error("port {0} is in use; choose another with --port")]
    PortInUse(u16),
    #[error("cannot listen on port {0}: {1}")]
    Listen(u16, io::Error),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Demo(#[from] DemoError),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Runs the server until it is told to stop.
pub(crate) fn run(args: DevArgs) -> ExitCode {
    logging::start();
    work(async { serve(args).await.map(|()| ExitCode::SUCCESS) })
}

async fn serve(args: DevArgs) -> Result<(), ServeError> {
    let listener = listen(args.port).await?;
    let address = listener.local_addr()?;
    let url = format!("http://{address}");
    let data = data(&args)?;
    let billing = billing(&args)?;
    let options = Options {
        data: data.clone(),
        pack: args.pack.clone(),
        oidc: args.oidc_issuer.map(|issuer| Oidc {
            issuer,
            audience: args.oidc_audience.unwrap_or_else(|| AUDIENCE.to_owned()),
        }),
        services: args.service_clients,
        app_url: args.app_url.clone().unwrap_or_else(|| url.clone()),
        url: url.clone(),
        billing,
    };
    // Before the welcome message: a reader of it may stop the server at once.
    let stop = stop_signal()?;
    let local = Box::pin(start(options)).await?;
    let _entry = running::enter(&url, address.port(), &data);
    let demo = if args.demo { Box::pin(demo::fill(&local)).await? } else { String::new() };
    let policies = policies(&local).await;
    say(&format_args!("{}{demo}", welcome(&url, &data, &local, &policies)));

    connections::serve(listener, local.router.clone(), connections::HEAD_TIMEOUT, stop).await;
    Ok(())
}

async fn listen(port: u16) -> Result<TcpListener, ServeError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => ServeError::PortInUse(port),
        _ => ServeError::Listen(port, error),
    })
}

fn billing(args: &DevArgs) -> Result<Billing, ServeError> {
    let webhook_secret = args.stripe_webhook_secret.clone();
    Ok(match args.billing {
        None => Billing::OfPack,
        Some(BillingMode::Manual) => Billing::Manual,
        Some(BillingMode::Stub) => Billing::Stub { webhook_secret },
        Some(BillingMode::Stripe) => {
            let key = std::env::var("STRIPE_SECRET_KEY").map_err(|_| StartError::BadStripeKey)?;
            Billing::Stripe { key, webhook_secret }
        }
    })
}

fn data(args: &DevArgs) -> Result<Data, ServeError> {
    if args.memory {
        return Ok(Data::Memory);
    }
    let file: Option<PathBuf> = args.data.clone().or_else(default_data);
    file.map(Data::File).ok_or(ServeError::NoDataFolder)
}

/// The file of the state, unless another file is named.
pub(crate) fn default_data() -> Option<PathBuf> {
    let folders = etcetera::choose_base_strategy().ok()?;
    Some(folders.data_dir().join("seatwise").join("seatwise.db"))
}

/// Ctrl-C, or the signal of a service manager.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal::unix::signal(signal::unix::SignalKind::interrupt())?;
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ctrl-C.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        let _ = signal::ctrl_c().await;
    })
}

/// The active version and its author.
async fn policies(local: &Local) -> String {
    match PublishedState::read(local.service.store()).await {
        Ok(PublishedState { last: Some(last), .. }) => {
            format!("version {}, published by {}", last.number, last.author)
        }
        _ => "none can be read".to_owned(),
    }
}

fn welcome(url: &str, data: &Data, local: &Local, policies: &str) -> String {
    let state = match data {
        Data::Memory => "in memory, lost when the server stops".to_owned(),
        Data::File(file) => file.display().to_string(),
    };
    let pack = &local.pack;
    let payments = local.stripe_api.as_ref().map_or_else(String::new, |api| {
        format!("\n  Payments       built-in Stripe at {api} (key {STUB_KEY})")
    });
    format!(
        r#"Seatwise is up at {url}

  Start page     {url}
  Console        {url}/console/
  API reference  {url}/docs
  Mailbox        {url}/dev/mailbox
  Product pack   {pack}
  Policies       {policies}{payments}
  State          {state}

Sign in and make a workspace:

  TOKEN=$(curl -s {url}/dev/sign-in -H 'content-type: application/json' \
    -d '{{"email":"ada@example.com","firstName":"Ada"}}' | sed 's/.*"token":"\([^"]*\)".*/\1/')
  curl -s {url}/v1/workspaces -H "authorization: Bearer $TOKEN" \
    -H 'content-type: application/json' -d '{{"name":"Analytical Engines"}}'

Ctrl-C stops it.
"#
    )
}
