//! The reasons why a local service does not start.

use std::io;
use std::path::PathBuf;

use seatwise_store::{CommitError, StoreError};

use super::gateway::RouteConflict;
use super::jwks::IssuerError;
use crate::pack::PackError;
use crate::publish::PublishError;

/// The reason why a local service does not start. Each is one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file of the state cannot be used.
    #[error("cannot use {}: {source}", path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// The fault.
        source: io::Error,
    },
    /// The data file is not one.
    #[error("{} is not a data file of seatwise: {reason}", path.display())]
    BadData {
        /// The file.
        path: PathBuf,
        /// The fault.
        reason: String,
    },
    /// The file of the keys is damaged.
    #[error("{} does not contain the keys of the data file; without them, existing invitation links and \
        sign-ins become invalid", path.display())]
    BadKeys {
        /// The file.
        path: PathBuf,
    },
    /// Another server has the data file open.
    #[error("{} is in use by another seatwise; stop that one or name another file with --data", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The data file belongs to another pack.
    #[error("this data file belongs to the pack {has}; name it with --pack, or another file with --data")]
    OtherPack {
        /// The pack it belongs to.
        has: String,
    },
    /// The pack contradicts the state in the data file.
    #[error("{0}; or name another file with --data")]
    Refused(PublishError),
    /// The pack cannot be used.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The identity provider cannot be used.
    #[error("--oidc-issuer: {0}")]
    Issuer(#[from] IssuerError),
    /// The built-in Stripe did not start.
    #[error("the built-in Stripe did not start: {0}")]
    BuiltInStripe(String),
    /// The key moves real money.
    #[error(
        "STRIPE_SECRET_KEY is a live key; the local server takes only keys of a test mode (sk_test_…, rk_test_…)"
    )]
    LiveKey,
    /// The key is missing or no key.
    #[error("`--billing stripe` needs a test key of Stripe in the environment variable STRIPE_SECRET_KEY")]
    BadStripeKey,
    /// The products and prices of the pack could not be created.
    #[error("the products and prices of the pack cannot be created at Stripe: {0}")]
    Prices(String),
    /// The keys could not be created.
    #[error("the keys could not be created")]
    KeyGeneration,
    /// The engine did not start.
    #[error("the database engine did not start: {0}")]
    Engine(String),
    /// The store failed.
    #[error("the data file cannot be used: {0}")]
    Store(#[from] StoreError),
    /// The pack could not be made the active one.
    #[error("the pack cannot be published: {0}")]
    Publish(#[from] CommitError),
    /// The routes of the operations contradict each other.
    #[error(transparent)]
    Routes(#[from] RouteConflict),
}
