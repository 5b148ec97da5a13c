//! The consequences of a publication beside the permissions: refusals, and the rollbacks that it makes impossible.

use std::fmt::Write as _;

use seatwise_domain::{PackBaseline, Publication};
use seatwise_policy::{Bundle, Files};
use serde::Serialize;

use super::place::PolicyPlace;
use crate::publish::{
    LostRollbacks, PublishedState, can_lose_rollbacks, frame_after, lost_rollbacks, refusals,
};

/// The consequences of publishing a version, beside the permissions that it changes. The names in its JSON are stable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Forecast {
    /// The reasons for which `publish` would refuse the version.
    refusals: Vec<String>,
    /// The rollbacks that are possible now, and not after the publication.
    lost_rollbacks: Vec<LostRollbacks>,
}

impl Forecast {
    /// The consequences at a place. Of a pack that cannot be read, nothing is said: other messages say why.
    pub(super) async fn of(
        place: &PolicyPlace,
        state: &PublishedState,
        files: &Files,
    ) -> Result<Self, String> {
        let Ok(bundle) = Bundle::compile(files) else { return Ok(Self::default()) };
        let refusals = refusals(state, bundle.pack(), true);
        let lost_rollbacks = if refusals.is_empty() {
            lost(place, state, &frame_after(state.frame(), bundle.pack())).await?
        } else {
            Vec::new()
        };
        Ok(Self { refusals: refusals.iter().map(ToString::to_string).collect(), lost_rollbacks })
    }

    /// Whether the version would be refused.
    pub(super) fn is_refused(&self) -> bool {
        !self.refusals.is_empty()
    }

    /// The consequences as sections of a text; empty, if there are none.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        if self.is_refused() {
            text += "\nRefused by publish\n";
        }
        for refusal in &self.refusals {
            let _ = writeln!(text, "  {refusal}");
        }
        text + &lost_text(&self.lost_rollbacks)
    }
}

/// The rollbacks that a publication with this frame makes impossible.
pub(super) async fn lost(
    place: &PolicyPlace,
    state: &PublishedState,
    after: &PackBaseline,
) -> Result<Vec<LostRollbacks>, String> {
    let Some(before) = state.frame().filter(|before| can_lose_rollbacks(before, after)) else {
        return Ok(Vec::new());
    };
    let mut history: Vec<Publication> = Vec::new();
    place
        .history(|line| {
            history.push(line);
            true
        })
        .await?;
    Ok(lost_rollbacks(before, after, &history))
}

/// A section about lost rollbacks; empty, if there are none.
pub(super) fn lost_text(lost: &[LostRollbacks]) -> String {
    let mut text = String::new();
    if !lost.is_empty() {
        text += "\nNo rollback after this publication\n";
    }
    for LostRollbacks { versions, why } in lost {
        let numbers: Vec<String> = versions.iter().map(ToString::to_string).collect();
        let word = if versions.len() == 1 { "version" } else { "versions" };
        let _ = writeln!(text, "  to {word} {}: {why}", numbers.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_and_lost_rollbacks_have_a_section_each() {
        assert_eq!(Forecast::default().text(), "");
        let refused = Forecast { refusals: vec!["one".to_owned(), "two".to_owned()], ..Forecast::default() };
        assert!(refused.is_refused());
        assert_eq!(refused.text(), "\nRefused by publish\n  one\n  two\n");
        let lost =
            |versions: &[u32]| LostRollbacks { versions: versions.to_vec(), why: "it is so".to_owned() };
        let forecast = Forecast { lost_rollbacks: vec![lost(&[2]), lost(&[3, 4])], ..Forecast::default() };
        assert!(!forecast.is_refused());
        assert_eq!(
            forecast.text(),
            "\nNo rollback after this publication\n  to version 2: it is so\n  to versions 3, 4: it is so\n"
        );
        let expected = serde_json::json!({ "refusals": [], "lostRollbacks": [
            { "versions": [2], "why": "it is so" }, { "versions": [3, 4], "why": "it is so" }
        ] });
        assert_eq!(serde_json::to_value(&forecast).unwrap(), expected);
    }
}
