//! Publishing: making policies the active ones of a table, the local server's or a deployed stack's.
//!
//! Three steps. [`PublishedState::read`] reads what is published (`store.rs`). [`plan`] decides what is to
//! be written, or refuses (`plan.rs` and `frame.rs`, pure). [`commit`] signs and writes it (`store.rs`),
//! unless somebody has published in between, which shows in the number of the publication.

mod error;
mod frame;
mod plan;
mod prices;
mod state;
mod store;
#[cfg(test)]
mod tests;

pub use error::{PublishError, SignError};
pub use frame::{
    FrameChange, LostRollbacks, can_lose_rollbacks, frame, frame_after, frame_changes, lost_rollbacks,
};
pub use plan::{Draft, MAX_AUTHOR, MAX_MESSAGE, PublicationPlan, plan, refusals};
pub use prices::{PriceChange, large_price_changes, written};
pub use state::PublishedState;
pub use store::{active_pack, commit, files, sign_anew};
