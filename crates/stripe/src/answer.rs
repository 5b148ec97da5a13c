//! What several answers of Stripe have in common.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::StripeError;

/// What we noted at an object of Stripe.
pub type Metadata = BTreeMap<String, String>;

/// The time that something is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Period {
    /// Its first moment.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub start: Timestamp,
    /// The moment after its last.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub end: Timestamp,
}

/// An error names the place in the answer and never what stands there.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, StripeError> {
    let mut json = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut json)
        .map_err(|error| StripeError::BadAnswer { path: error.path().to_string() })
}

/// Stripe writes `null` where it has nothing, also for lists and maps.
pub(crate) fn null_is_empty<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_answer_is_known_by_its_place_only() {
        #[derive(Debug, Deserialize)]
        struct Outer {
            #[serde(rename = "items")]
            _items: Vec<Period>,
        }
        let error = read::<Outer>(br#"{"items": [{"start": "ann@example.com", "end": 1}]}"#).unwrap_err();
        assert_eq!(error, StripeError::BadAnswer { path: "items[0].start".to_owned() });
    }
}
