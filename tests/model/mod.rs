//! Random histories against small models of what is promised (K10).

mod dice;
mod other_packs;
mod purchased_seats;

/// A setting of the environment.
fn from_env<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}")))
}
