//! The place where policies are published: the data file of a local server, or the table of a deployed
//! stack. Both have the same form, so that every command works on both.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_secretsmanager::Client as Secrets;
use clap::Args;
use jiff::Timestamp;
use seatwise_domain::{PolicyVersion, Publication};
use seatwise_functions::Keyring;
use seatwise_functions::logging::with_causes;
use seatwise_policy::{Files, PolicySigningKey};
use seatwise_store::{List, PageRequest, Store};
use tokio::sync::OnceCell;

use super::progress::note;
use crate::dev::running::{RunningServer, running, whole_path};
use crate::dev::{self, serve::default_data};
use crate::infra::{aws, keys, publish};
use crate::publish::PublishedState;
use crate::work;

/// The time in which AWS tells the account. Only a name depends on it.
const ACCOUNT_PATIENCE: Duration = Duration::from_secs(5);

/// The arguments that name the place.
#[derive(Args, Clone, Debug)]
pub(crate) struct PlaceArgs {
    /// The data file of a local server, running or not [default: the file in your data folder]
    #[arg(long, value_name = "FILE", conflicts_with = "table")]
    data: Option<PathBuf>,
    /// The table of a deployed stack instead (`infra/policies` finds it and the secret)
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// The secret with the keys that sign the stack's policies
    #[arg(long, value_name = "SECRET", requires = "table")]
    signing: Option<String>,
}

/// An open place.
pub(crate) struct PolicyPlace {
    pub(super) store: Store,
    /// The data file or table.
    pub(crate) site: Site,
    /// The name of the caller in AWS.
    caller: Option<String>,
    signer: Signer,
    /// The data file is closed with it.
    _opened: Option<dev::Opened>,
}

/// The kinds of places where policies are published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    /// The data file of a local server.
    File {
        /// The path of the file, from the root.
        path: PathBuf,
        /// The program that has the file open.
        holder: Holder,
    },
    /// The table of a stack.
    Table {
        /// Its name.
        name: String,
        /// Its region.
        region: String,
        /// Its account; nothing, if AWS does not say.
        account: Option<String>,
    },
}

/// Who has a data file open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Nobody but this command.
    Nobody,
    /// The server of this address, through which the command works.
    Server(String),
    /// Another program, such as another command, through which the command works.
    Another,
}

/// The name of the place: the same on each day and for each operator.
impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, .. } => write!(f, "data file {}", path.display()),
            Self::Table { name, region, account } => {
                let account = account.as_deref().unwrap_or("unknown");
                write!(f, "table {name} in {region}, account {account}")
            }
        }
    }
}

impl Site {
    /// The name of the place, and who has it open.
    fn reached(&self) -> String {
        match self {
            Self::File { holder: Holder::Nobody, .. } => format!("{self}, which no server has open"),
            Self::File { holder: Holder::Server(url), .. } => {
                format!("{self}, which the server at {url} has open")
            }
            Self::File { holder: Holder::Another, .. } => format!("{self}, which another program has open"),
            Self::Table { .. } => self.to_string(),
        }
    }

    /// What obeys a version that becomes active here, and when.
    pub(super) fn effect(&self) -> String {
        match self {
            Self::File { holder: Holder::Nobody, .. } => {
                "no server has this data file open: the next one that opens it obeys it".to_owned()
            }
            Self::File { holder: Holder::Server(url), .. } => {
                format!("the server at {url} obeys it with its next request")
            }
            Self::File { holder: Holder::Another, .. } => {
                "a server that has this data file open obeys it with its next request".to_owned()
            }
            Self::Table { .. } => "every function obeys it with its next request".to_owned(),
        }
    }
}

/// What the command does not reach: servers with other data, while no server has the file open.
fn out_of_reach(path: &Path, servers: &[RunningServer]) -> Vec<String> {
    if servers.iter().any(|server| server.data.as_deref() == Some(path)) {
        return Vec::new();
    }
    let line = |RunningServer { url, data }: &RunningServer| match data {
        None => format!(
            "the server at {url} has its state in memory, where no command reaches it; start it without --memory"
        ),
        Some(other) => {
            format!("the server at {url} has another data file; --data {} names it", other.display())
        }
    };
    servers.iter().map(line).collect()
}

enum Signer {
    /// The key of a data file.
    Local(Arc<PolicySigningKey>),
    /// In Secrets Manager.
    Secret { secrets: Secrets, name: Option<String>, keys: OnceCell<Keyring> },
}

impl PlaceArgs {
    /// Opens the place and runs the command there. The exit code is that of the command, or of an error.
    pub(crate) fn run(&self, command: impl AsyncFnOnce(PolicyPlace) -> Result<ExitCode, String>) -> ExitCode {
        work(async {
            let place = self.open().await?;
            note(&place.site.reached());
            if let Site::File { path, .. } = &place.site {
                for line in out_of_reach(path, &running()) {
                    note(&format!("note: {line}"));
                }
            }
            command(place).await
        })
    }

    async fn open(&self) -> Result<PolicyPlace, String> {
        let Some(table) = &self.table else { return self.open_file().await };
        let config = aws::config().await?;
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let asking = aws_sdk_sts::Client::new(&config).get_caller_identity().send();
        let identity = tokio::time::timeout(ACCOUNT_PATIENCE, asking).await.ok().and_then(Result::ok);
        let (account, caller) = identity.map(|it| (it.account, it.arn)).unwrap_or_default();
        Ok(PolicyPlace {
            store: Store::new(aws_sdk_dynamodb::Client::new(&config), table),
            site: Site::Table { name: table.clone(), region, account },
            caller,
            signer: Signer::Secret {
                secrets: Secrets::new(&config),
                name: self.signing.clone(),
                keys: OnceCell::new(),
            },
            _opened: None,
        })
    }

    async fn open_file(&self) -> Result<PolicyPlace, String> {
        let path = self.data.clone().or_else(default_data);
        let path = path.ok_or("there is no folder for your data; name a file with --data")?;
        if !path.exists() {
            let others = out_of_reach(&whole_path(&path), &running());
            let others: Vec<String> = others.iter().map(|line| format!("; {line}")).collect();
            return Err(format!(
                "there is no data file {}; `seatwise` makes one when it starts, or name another with --data{}",
                path.display(),
                others.concat()
            ));
        }
        let opened = Box::pin(dev::open(&path)).await.map_err(|error| with_causes(&error))?;
        let path = whole_path(&path);
        let mut servers = running().into_iter();
        let holder = match servers.find(|server| server.data.as_ref() == Some(&path)) {
            _ if !opened.is_shared() => Holder::Nobody,
            Some(server) => Holder::Server(server.url),
            None => Holder::Another,
        };
        Ok(PolicyPlace {
            store: opened.store.clone(),
            site: Site::File { path, holder },
            caller: None,
            signer: Signer::Local(Arc::clone(&opened.publisher)),
            _opened: Some(opened),
        })
    }
}

impl PolicyPlace {
    /// The author's name: the one given, else the name that AWS knows, else the user of this machine. Nothing, if
    /// nobody says it, as in a container.
    pub(super) fn author(&self, given: Option<&str>) -> Option<String> {
        let of_environment = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        if let Some(author) = given.map(ToOwned::to_owned).or_else(|| of_environment("SEATWISE_AUTHOR")) {
            return Some(author);
        }
        let of_machine = || ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(of_environment);
        self.caller.clone().or_else(of_machine)
    }

    /// Whether it is the data file of a local server.
    pub(super) fn is_local(&self) -> bool {
        matches!(self.signer, Signer::Local(_))
    }

    /// The published state of this place.
    pub(crate) async fn state(&self) -> Result<PublishedState, String> {
        PublishedState::read(&self.store).await.map_err(|error| with_causes(&error))
    }

    /// The history line of a version, by default of the active one.
    pub(super) async fn chosen(
        &self,
        state: &PublishedState,
        number: Option<u32>,
    ) -> Result<Publication, String> {
        let number = number.or_else(|| state.active().map(|active| active.number));
        self.publication(number.ok_or("nothing is published")?).await
    }

    /// A history line.
    pub(super) async fn publication(&self, number: u32) -> Result<Publication, String> {
        let found = self.store.get(Publication::key(number)).await.map_err(|error| with_causes(&error))?;
        found
            .map(|stored| stored.value)
            .ok_or_else(|| format!("there is no version {number}; `seatwise policies log` lists them"))
    }

    /// The history, newest first, as long as lines are wanted.
    pub(super) async fn history(&self, mut wanted: impl FnMut(Publication) -> bool) -> Result<(), String> {
        let mut after = None;
        loop {
            let page = self.store.list(List::publications(PageRequest { limit: 50, after })).await;
            let (publications, next) = page.map_err(|error| with_causes(&error))?;
            for stored in publications {
                if !wanted(stored.value) {
                    return Ok(());
                }
            }
            after = next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// The files of a version.
    pub(super) async fn files(&self, version: &PolicyVersion) -> Result<Files, String> {
        crate::publish::files(&self.store, version).await.map_err(|error| with_causes(&error))?
    }

    /// The key that signs now.
    pub(super) async fn signing_key(&self, now: Timestamp) -> Result<Arc<PolicySigningKey>, String> {
        match &self.signer {
            Signer::Local(key) => Ok(Arc::clone(key)),
            Signer::Secret { secrets, name, keys } => match kept(secrets, name.as_deref(), keys).await? {
                Some(keys) => publish::signing_key(keys, now).map(Arc::new),
                None => Err("name the secret with the keys that sign policies with --signing".to_owned()),
            },
        }
    }

    /// The keys that check signatures; nothing, if the secret is not given.
    pub(crate) async fn trusted(&self) -> Result<Option<Keyring>, String> {
        match &self.signer {
            Signer::Local(key) => Ok(Some(dev::signers(key))),
            Signer::Secret { secrets, name, keys } => {
                kept(secrets, name.as_deref(), keys).await?.map(keys::public).transpose()
            }
        }
    }
}

/// The keys that the secret keeps, read once; nothing, if the secret is not given.
async fn kept<'a>(
    secrets: &Secrets,
    name: Option<&str>,
    keys: &'a OnceCell<Keyring>,
) -> Result<Option<&'a Keyring>, String> {
    let Some(name) = name else { return Ok(None) };
    keys.get_or_try_init(|| keys::fetch(secrets, name)).await.map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str, data: Option<&str>) -> RunningServer {
        RunningServer { url: url.to_owned(), data: data.map(PathBuf::from) }
    }

    #[test]
    fn a_place_says_what_it_is_and_who_obeys() {
        let file = |holder| Site::File { path: PathBuf::from("/s.db"), holder };
        let table = |account: Option<&str>| Site::Table {
            name: "t".to_owned(),
            region: "eu-north-1".to_owned(),
            account: account.map(ToOwned::to_owned),
        };
        for (site, reached, effect) in [
            (
                file(Holder::Nobody),
                "data file /s.db, which no server has open",
                "no server has this data file open",
            ),
            (
                file(Holder::Server("http://a".to_owned())),
                "data file /s.db, which the server at http://a has open",
                "the server at http://a obeys it",
            ),
            (file(Holder::Another), "data file /s.db, which another program has open", "a server that has"),
            (table(Some("1")), "table t in eu-north-1, account 1", "every function obeys it"),
            (table(None), "table t in eu-north-1, account unknown", "every function obeys it"),
        ] {
            assert_eq!(site.reached(), reached);
            assert!(site.effect().starts_with(effect), "{}", site.effect());
        }
    }

    #[test]
    fn a_server_with_other_data_is_named_unless_the_file_has_a_server() {
        let others = [server("http://a", None), server("http://b", Some("/other.db"))];
        let told = out_of_reach(Path::new("/s.db"), &others);
        assert!(told[0].contains("http://a has its state in memory"), "{told:?}");
        assert!(told[1].contains("--data /other.db"), "{told:?}");
        assert_eq!(out_of_reach(Path::new("/other.db"), &others), Vec::<String>::new());
    }
}
