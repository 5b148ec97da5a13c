//! The display of people's addresses.

use seatwise_domain::EmailAddress;

/// An address as the person typed it.
pub fn typed(email: &EmailAddress) -> String {
    email.as_typed().to_owned()
}
