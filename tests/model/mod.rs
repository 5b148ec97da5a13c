//! Random histories against small models of what is promised (K10).

mod dice;
mod log;
mod other_packs;
mod purchased_seats;

use std::collections::BTreeMap;

/// A setting of the environment.
fn from_env<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}")))
}

/// Runs histories side by side, and adds up their outcomes.
async fn outcomes_of<H>(histories: impl IntoIterator<Item = H>) -> BTreeMap<String, u32>
where
    H: Future<Output = BTreeMap<String, u32>> + Send + 'static,
{
    let running: Vec<_> = histories.into_iter().map(tokio::spawn).collect();
    let mut outcomes = BTreeMap::<String, u32>::new();
    for history in running {
        let history = history.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        for (outcome, count) in history {
            *outcomes.entry(outcome).or_default() += count;
        }
    }
    outcomes
}

/// A history in which next to nothing happens proves nothing.
fn assert_happened(pack: &str, outcomes: &BTreeMap<String, u32>, must_happen: &[&str]) {
    for outcome in must_happen {
        assert!(outcomes.contains_key(*outcome), "{pack}: {outcome} never happened: {outcomes:#?}");
    }
}
