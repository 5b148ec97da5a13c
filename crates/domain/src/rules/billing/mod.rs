//! What a workspace pays for, and what changes it.
//!
//! A change of what is paid for is an [`Order`]: it says what the change adds, and whether it must be paid first. What
//! was paid is granted by [`grant`].

mod agreed;
mod allowances;
mod bill;
mod credits;
mod grant;
mod holdings;
mod order;
mod plan;
mod preview;
mod quantities;

pub use agreed::AgreedPrice;
pub use allowances::member_limit;
pub use bill::{lines, total};
pub use credits::{Spender, spend};
pub use grant::{GRANTED_AT_ONCE, Granted, grant};
pub use holdings::Holdings;
pub use order::{MAX_PER_PURCHASE, Order, order};
pub use preview::{HOLDS_FOR, Preview, PreviewLine, preview};
pub use quantities::quantities;

pub(crate) use allowances::{limit_as_read, members_within};
pub(crate) use plan::{WorkspacePlan, put_on};
