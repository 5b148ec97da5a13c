//! Numbers that clients send.

use serde::{Deserialize, Serialize};

/// A number of units from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Units<const MIN: u32, const MAX: u32>(pub u32);

impl<const MIN: u32, const MAX: u32> TryFrom<u32> for Units<MIN, MAX> {
    type Error = String;
    fn try_from(units: u32) -> Result<Self, String> {
        if (MIN..=MAX).contains(&units) { Ok(Self(units)) } else { Err(format!("must be {MIN} to {MAX}")) }
    }
}

impl<const MIN: u32, const MAX: u32> From<Units<MIN, MAX>> for u32 {
    fn from(units: Units<MIN, MAX>) -> Self {
        units.0
    }
}
