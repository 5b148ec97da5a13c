//! `seatwise policies publish`: publishes the pack in a folder.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use seatwise_domain::PublicationKind;
use seatwise_policy::{Bundle, Files};
use seatwise_proof::HINT;

use super::gate::Proofs;
use super::origin::{self, Lacking, Origin};
use super::place::{PlaceArgs, PolicyPlace};
use super::progress::{Progress, note};
use super::propose::{Agreement, ConsentArgs, EXIT_CODES, Outcome, Proposal, carry_out, foresee, refuse};
use super::{EXIT_FINDINGS, gate, read};
use crate::publish::{PriceChange, PublishedState, large_price_changes, written};

/// The arguments of `policies publish`.
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct PublishArgs {
    /// The folder of the pack
    dir: PathBuf,
    /// The reason, in one line, for the history
    #[arg(long, short, value_name = "TEXT", default_value = "")]
    message: String,
    /// Agree to publish over a version that the folder lacks, and so to undo it
    #[arg(long)]
    overwrite: bool,
    /// Agree to publish without proofs, where there is no solver
    #[arg(long)]
    without_proofs: bool,
    /// Agree to the new price of this tier, add-on, plan, allowance or package, which differs by more than half; may
    /// be repeated
    #[arg(long, value_name = "NAME")]
    confirm_price: Vec<String>,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Checks the pack, shows the difference, asks, and publishes.
pub(super) fn run(args: &PublishArgs) -> ExitCode {
    args.place.run(async |place| {
        let state = place.state().await?;
        publish(args, &place, &state).await
    })
}

async fn publish(
    args: &PublishArgs,
    place: &PolicyPlace,
    state: &PublishedState,
) -> Result<ExitCode, String> {
    let PublishArgs { dir, message, consent, .. } = args;
    let files = match read(dir) {
        Ok(files) => files,
        Err(refused) => return Ok(refused),
    };
    if let Some(code) = foresee(place, state, &files, consent, PublicationKind::Published).await? {
        if let Some(active) = state.active().filter(|_| code == ExitCode::SUCCESS && !consent.dry_run) {
            origin::keep(dir, place, Origin::new(active.number, active.version.clone()));
        }
        return Ok(code);
    }
    let mut agreements = Vec::new();
    match origin::lacking(dir, place, state).await? {
        Lacking::Nothing => {}
        Lacking::Unknown => note(&origin::unknown(dir, place)),
        Lacking::Version(lacking) if consent.yes && !args.overwrite && !consent.dry_run => {
            return Ok(refuse(&format!("{}; --overwrite publishes all the same", lacking.message)));
        }
        Lacking::Version(lacking) => {
            note(&format!("warning: {}", lacking.message));
            agreements.push(lacking.agreement(args.overwrite));
        }
    }
    let Some(proofs) = gate::passes(dir, &files, gate::Extent::WithProofs, &Progress::new()).await? else {
        return Ok(ExitCode::from(EXIT_FINDINGS));
    };
    if proofs == Proofs::NoSolver {
        agreements.push(unproven(args.without_proofs));
    }
    agreements.extend(prices(state.active_files(), &files, &args.confirm_price));
    let (deed, message) = (PublicationKind::Published, message.clone());
    let proposal = Proposal { files, deed, message, compares_by_proof: true, agreements };
    let outcome = carry_out(place, state, proposal, consent).await?;
    if let Outcome::Published(line) = &outcome {
        origin::keep(dir, place, Origin::new(line.number, line.version.clone()));
    }
    Ok(outcome.code())
}

/// The confirmations of prices that change by more than half.
fn prices(before: Option<&Files>, after: &Files, confirmed: &[String]) -> Vec<Agreement> {
    let packs = before.map(Bundle::compile).zip(Some(Bundle::compile(after)));
    let Some((Ok(before), Ok(after))) = packs else { return Vec::new() };
    let agreement = |PriceChange { name, what, before, after }: PriceChange| Agreement {
        why: format!(
            "The price of the {what} {name} changes from {} to {}.",
            written(&before),
            written(&after)
        ),
        is_given: confirmed.contains(&name),
        flag: format!("--confirm-price {name}"),
        word: name,
    };
    large_price_changes(before.pack(), after.pack()).into_iter().map(agreement).collect()
}

/// The confirmation of a version that was not proven.
fn unproven(is_given: bool) -> Agreement {
    Agreement {
        why: format!(
            "The checks and the cases have passed, but nothing was proven: {HINT}.\n\
             The checks try each role and action in examples. Only a proof covers every request that can be made: \
             that no policy fails, that nobody acts in another workspace, that governing roles keep what they need. \
             A fault that no example shows stays unseen.\n\
             To publish with proofs, answer no, install cvc5, and publish again."
        ),
        word: "unproven".to_owned(),
        flag: "--without-proofs".to_owned(),
        is_given,
    }
}
