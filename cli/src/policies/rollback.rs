//! `seatwise policies rollback`: publishes an earlier version again.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use seatwise_domain::{Publication, PublicationKind};

use super::gate::Extent;
use super::log::require_signed;
use super::place::{PlaceArgs, PolicyPlace};
use super::progress::Progress;
use super::propose::{ConsentArgs, EXIT_CODES, Proposal, carry_out, foresee, refuse};
use super::{EXIT_FINDINGS, gate};
use crate::publish::PublishedState;

/// The arguments of `policies rollback`.
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct RollbackArgs {
    /// The number of the version [default: the last with other files than the active version]
    version: Option<u32>,
    /// The reason, in one line, for the history
    #[arg(long, short, value_name = "TEXT", default_value = "")]
    message: String,
    /// Trust a version whose signing key is gone by rotation, so that its signature cannot be checked
    #[arg(long)]
    trust_old_key: bool,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Shows the difference, asks, and publishes the earlier version as a new one.
pub(super) fn run(args: &RollbackArgs) -> ExitCode {
    args.place.run(async |place| {
        let state = place.state().await?;
        let line = match chosen(&place, &state, args).await? {
            Ok(line) => line,
            Err(refused) => return Ok(refuse(&refused)),
        };
        let files = place.files(&line.version).await?;
        let deed = PublicationKind::RolledBack { to: line.number };
        if let Some(code) = foresee(&place, &state, &files, &args.consent, deed).await? {
            return Ok(code);
        }
        // It was sound when it was published. The schema, the guardrails and the floor may have changed.
        let name = format!("version-{}", line.number);
        // Nothing is proven: this is the emergency exit, which must not depend on a solver.
        let passed = gate::passes(Path::new(&name), &files, Extent::WithoutProofs, &Progress::new()).await?;
        if passed.is_none() {
            return Ok(ExitCode::from(EXIT_FINDINGS));
        }
        let proposal = Proposal {
            files,
            deed,
            message: args.message.clone(),
            compares_by_proof: false,
            agreements: Vec::new(),
        };
        Ok(carry_out(&place, &state, proposal, &args.consent).await?.code())
    })
}

/// The version to publish again, or the reason why none is.
async fn chosen(
    place: &PolicyPlace,
    state: &PublishedState,
    args: &RollbackArgs,
) -> Result<Result<Publication, String>, String> {
    let line = match args.version {
        Some(number) => Ok(place.publication(number).await?),
        None => before(place, state).await?,
    };
    let trusted = place.trusted().await?;
    Ok(line.and_then(|line| {
        if require_signed(&line, trusted.as_ref())? || args.trust_old_key {
            return Ok(line);
        }
        Err(format!(
            "version {} is signed with a key that is no longer kept, so that its signature cannot be checked: \
             look at it (`show`, `pull`), then roll back with --trust-old-key",
            line.number
        ))
    }))
}

/// The last version with other files than the active version, or the reason why there is none.
async fn before(place: &PolicyPlace, state: &PublishedState) -> Result<Result<Publication, String>, String> {
    let Some(active) = state.active() else {
        return Ok(Err("nothing is active: name a version (`seatwise policies log`)".to_owned()));
    };
    let mut found = None;
    place
        .history(|line| {
            let is_it = line.number < active.number && line.version != active.version;
            if is_it {
                found = Some(line);
            }
            !is_it
        })
        .await?;
    Ok(found.ok_or_else(|| format!("there is no version before {}", active.number)))
}
