//! `seatwise policies rollback`: makes an earlier version active again.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use seatwise_domain::{Publication, PublicationKind};

use super::log::require_signed;
use super::place::{Place, PlaceArgs};
use super::progress::Progress;
use super::propose::{ConsentArgs, EXIT_CODES, Proposal, carry_out, foresee};
use super::{EXIT_FINDINGS, gate};
use crate::publish::Standing;

/// Back to what.
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct RollbackArgs {
    /// The number of the version [default: what was active before the active one]
    version: Option<u32>,
    /// Why, in a line: it stays in the history
    #[arg(long, short, value_name = "TEXT", default_value = "")]
    message: String,
    /// Agree that a version is what was published although the key that signed it is gone by rotation
    #[arg(long)]
    trust_old_key: bool,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Shows what would change, asks, and publishes the earlier version as a new one.
pub(super) fn run(args: &RollbackArgs) -> ExitCode {
    args.place.run(async |place| {
        let standing = place.standing().await?;
        let line = match args.version {
            Some(number) => place.publication(number).await?,
            None => before(&place, &standing).await?,
        };
        if !require_signed(&line, place.trusted().await?.as_ref())? && !args.trust_old_key {
            return Err(format!(
                "version {} is signed with a key that is not held any more, so nobody can tell that it is \
                 what was published: look at it (`show`, `pull`), then roll back with --trust-old-key",
                line.number
            ));
        }
        let files = place.files(&line.version).await?;
        if let Some(code) = foresee(&place, &standing, &files, &args.consent).await? {
            return Ok(code);
        }
        // It was sound when it was published; the schema, the guardrails and the floor may be others by now.
        let name = format!("version-{}", line.number);
        let Some(proofs) = gate::passes(Path::new(&name), &files, &Progress::new()).await? else {
            return Ok(ExitCode::from(EXIT_FINDINGS));
        };
        let proposal = Proposal {
            files,
            proofs,
            deed: PublicationKind::RolledBack { to: line.number },
            message: args.message.clone(),
        };
        carry_out(&place, &standing, proposal, &args.consent).await
    })
}

/// The last version that has other files than the active one.
async fn before(place: &Place, standing: &Standing) -> Result<Publication, String> {
    let active = standing.active().ok_or("nothing is active: name a version (`seatwise policies log`)")?;
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
    found.ok_or_else(|| format!("there is no version before {}", active.number))
}
