//! The price that a person agreed to: nothing is bought at another one.

use jiff::{SignedDuration, Timestamp};

use super::preview::{HOLDS_FOR, preview};
use super::{Holdings, Order};
use crate::pack::{Money, Pack};
use crate::refusal::Refusal;

/// The clocks of two functions differ by less.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(10);

/// The price that a preview has shown to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreedPrice {
    /// The amount that is due at once.
    pub due: Money,
    /// The time of the preview, from which the rest of a period is counted.
    pub at: Timestamp,
}

impl AgreedPrice {
    /// Refuses a preview that does not hold any more. One from the future would shorten what is paid for.
    pub fn require_held(&self, now: Timestamp) -> Result<(), Refusal> {
        let age = now.duration_since(self.at);
        if age <= HOLDS_FOR && -age <= CLOCKS_DIFFER { Ok(()) } else { Err(Refusal::PriceChanged) }
    }

    /// Refuses an order that costs something else.
    pub fn require_due(
        &self,
        pack: &Pack,
        holdings: &Holdings<'_>,
        order: &Order,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.require_held(now)?;
        let due = preview(pack, holdings, order, self.at).due_now;
        if due == self.due { Ok(()) } else { Err(Refusal::PriceChanged) }
    }
}
