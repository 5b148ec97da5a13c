//! Numbers of things, in words.

use std::fmt::Display;

/// A number of things, with their noun in the singular or the plural.
pub(crate) fn counted<N: Copy + Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    counted_as(number, noun, &format!("{noun}s"))
}

/// As [`counted`], for a noun whose plural has another form.
pub(crate) fn counted_as<N: Copy + Display + PartialEq + From<u8>>(
    number: N,
    one: &str,
    many: &str,
) -> String {
    let noun = if number == N::from(1) { one } else { many };
    format!("{number} {noun}")
}
