//! The place of the logs: the data file of a local server, or the table of a deployed stack.

use std::path::PathBuf;

use aws_sdk_secretsmanager::Client as Secrets;
use clap::Args;
use seatwise_functions::Keyring;
use seatwise_functions::logging::with_causes;
use seatwise_store::Store;

use crate::dev::{self, serve::default_data};
use crate::infra::{aws, keys};

/// The arguments that name the place.
#[derive(Args, Clone, Debug)]
pub(super) struct PlaceArgs {
    /// The data file of a local server, running or not [default: the file in your data folder]
    #[arg(long, value_name = "FILE", conflicts_with = "table")]
    data: Option<PathBuf>,
    /// The table of a deployed stack instead (`infra/audit` finds it and the secret)
    #[arg(long, value_name = "NAME", requires = "public_keys")]
    table: Option<String>,
    /// The secret with the public keys that verify the stack's digests
    #[arg(long, value_name = "SECRET", requires = "table")]
    public_keys: Option<String>,
}

/// An open place.
pub(super) struct LogPlace {
    /// The table.
    pub(super) store: Store,
    /// The public keys that verify digests.
    pub(super) keys: Keyring,
    /// The data file is closed with it.
    _opened: Option<dev::Opened>,
}

impl PlaceArgs {
    /// Opens the place.
    pub(super) async fn open(&self) -> Result<LogPlace, String> {
        let (Some(table), Some(secret)) = (&self.table, &self.public_keys) else {
            return self.open_file().await;
        };
        let config = aws::config().await?;
        Ok(LogPlace {
            store: Store::new(aws_sdk_dynamodb::Client::new(&config), table),
            keys: keys::fetch(&Secrets::new(&config), secret).await?,
            _opened: None,
        })
    }

    async fn open_file(&self) -> Result<LogPlace, String> {
        let path = self.data.clone().or_else(default_data);
        let path = path.ok_or("there is no folder for your data; name a file with --data")?;
        if !path.exists() {
            return Err(format!("there is no data file {}; name another with --data", path.display()));
        }
        let opened = Box::pin(dev::open(&path)).await.map_err(|error| with_causes(&error))?;
        let keys = keys::public_seals(&opened.seals)?;
        Ok(LogPlace { store: opened.store.clone(), keys, _opened: Some(opened) })
    }
}
