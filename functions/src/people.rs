//! The display of people's names and addresses.

use std::fmt::Display;

use seatwise_domain::EmailAddress;

/// An address as the person typed it.
pub fn typed(email: &EmailAddress) -> String {
    email.as_typed().to_owned()
}

/// A person's first and last name; `None` if the person has given neither.
pub fn full_name<T: Display>(names: [&Option<T>; 2]) -> Option<String> {
    let name = names.into_iter().flatten().map(T::to_string).collect::<Vec<_>>().join(" ");
    Some(name).filter(|name| !name.is_empty())
}
