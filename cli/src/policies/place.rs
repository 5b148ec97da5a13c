//! The place where policies are published: the data file of a local server, or the table of a deployed
//! stack. Both have the same form, so that every command works on both.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use aws_sdk_secretsmanager::Client as Secrets;
use clap::Args;
use jiff::Timestamp;
use seatwise_domain::{PolicyVersion, Publication};
use seatwise_functions::Keyring;
use seatwise_functions::logging::with_causes;
use seatwise_policy::{Files, PolicySigningKey};
use seatwise_store::{List, PageRequest, Store};
use tokio::sync::OnceCell;

use crate::dev::{self, serve::default_data};
use crate::infra::{aws, keys, publish};
use crate::publish::PublishedState;
use crate::work;

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
    /// Its name in messages.
    pub(crate) name: String,
    /// The client that tells the caller's identity, on AWS.
    identity: Option<aws_sdk_sts::Client>,
    signer: Signer,
    /// The data file is closed with it.
    _opened: Option<dev::Opened>,
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
        work(async { command(self.open().await?).await })
    }

    async fn open(&self) -> Result<PolicyPlace, String> {
        let Some(table) = &self.table else { return self.open_file().await };
        let config = aws::config().await?;
        Ok(PolicyPlace {
            store: Store::new(aws_sdk_dynamodb::Client::new(&config), table),
            name: table.clone(),
            identity: Some(aws_sdk_sts::Client::new(&config)),
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
            return Err(format!(
                "there is no data file {}; `seatwise` makes one when it starts, or name another with --data",
                path.display()
            ));
        }
        let opened = Box::pin(dev::open(&path)).await.map_err(|error| with_causes(&error))?;
        Ok(PolicyPlace {
            store: opened.store.clone(),
            name: path.display().to_string(),
            identity: None,
            signer: Signer::Local(Arc::clone(&opened.publisher)),
            _opened: Some(opened),
        })
    }
}

impl PolicyPlace {
    /// The author's name: the one given, else the name that AWS knows, else the user of this machine.
    pub(super) async fn author(&self, given: Option<&str>) -> String {
        let of_environment = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        if let Some(author) = given.map(ToOwned::to_owned).or_else(|| of_environment("SEATWISE_AUTHOR")) {
            return author;
        }
        if let Some(sts) = &self.identity
            && let Ok(caller) = sts.get_caller_identity().send().await
            && let Some(arn) = caller.arn
        {
            return arn;
        }
        ["USER", "LOGNAME", "USERNAME"]
            .into_iter()
            .find_map(of_environment)
            .unwrap_or_else(|| "unknown".to_owned())
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
