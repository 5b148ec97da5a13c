use std::time::{Duration, Instant};

use seatwise_policy::{Files, packs};

use crate::{HINT, Prover};

/// The solver; nothing, where its absence was allowed.
fn prover() -> Option<Prover> {
    let prover = Prover::find();
    let without = std::env::var_os("SEATWISE_WITHOUT_CVC5").is_some_and(|value| value == "1");
    assert!(prover.is_some() || without, "{HINT}; or set SEATWISE_WITHOUT_CVC5=1 to leave the proofs out");
    prover
}

fn pack(name: &str) -> Files {
    packs::files(name).unwrap()
}

async fn findings(prover: &Prover, files: &Files) -> Vec<String> {
    prover.prove(files, |_| {}).await.unwrap().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn built_in_packs_are_proven() {
    let Some(prover) = prover() else { return };
    for name in packs::names() {
        let start = Instant::now();
        let found = findings(&prover, &pack(name)).await;
        eprintln!("{name}: {:?}", start.elapsed());
        assert_eq!(found, Vec::<String>::new(), "{name}");
    }
}
