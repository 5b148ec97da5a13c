//! The failure of a synchronisation.

use seatwise_domain::rules::sync::SyncFault;
use seatwise_store::{CommitError, StoreError};
use seatwise_stripe::StripeError;

use super::access::AccessError;
use crate::policies::PolicyError;

/// The reason why a synchronisation did not come to its end. Its task runs again.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The table could not be read.
    #[error("the records of billing could not be read")]
    Load(#[from] StoreError),
    /// The table could not be written.
    #[error("the records of billing could not be written")]
    Commit(#[from] CommitError),
    /// There is no pack.
    #[error("there are no policies")]
    Policies(#[from] PolicyError),
    /// Only the recovery floor of the policies could be loaded, which knows no prices.
    #[error("only the recovery floor of the policies could be loaded")]
    FloorOnly,
    /// Stripe cannot be called.
    #[error("Stripe cannot be called")]
    Access(#[from] AccessError),
    /// Stripe has refused a request, or did not answer.
    #[error("Stripe did not do what was asked")]
    Stripe(#[from] StripeError),
    /// The state at Stripe contradicts what Seatwise knows.
    #[error(transparent)]
    Fault(#[from] SyncFault),
    /// Stripe says something that no rule covers.
    #[error("the state at Stripe is not understood: {0}")]
    Unclear(&'static str),
    /// Stripe was asked for something, and shows no effect.
    #[error("a step has had no effect at Stripe")]
    NoEffect,
    /// A run did not come to rest.
    #[error("a run has taken more steps than any may")]
    Endless,
}
