//! `product.toml`, read as the domain's [`Pack`].

use std::collections::BTreeSet;

use seatwise_domain::Pack;
use seatwise_domain::pack::PackFault;

use crate::Files;
use crate::fault::{BundleFault, FaultCause, Location};
use crate::packs;
use crate::text::span_of_key;
use crate::toml_file::{self, TomlFault};
use crate::vocabulary::APP_FILE;

/// The file with the pack's data.
pub const PACK_FILE: &str = "product.toml";

pub(crate) fn read_pack(files: &Files) -> Result<Pack, Vec<BundleFault>> {
    let Some(text) = files.get(PACK_FILE) else {
        return Err(vec![BundleFault::missing(PACK_FILE)]);
    };
    let file = toml_file::read::<Pack>(text, &packs::texts(PACK_FILE));
    // What stands in for a wrong value would contradict others: only what is wrong by itself is reported with it.
    let is_told =
        |fault: &&PackFault| file.faults.is_empty() || (fault.is_of_value && file.is_written(&fault.key));
    let contradictions = file.content.as_ref().map(Pack::faults).unwrap_or_default();
    let contradictions = contradictions.iter().filter(is_told).map(|fault| contradiction(text, fault));
    let mut faults: Vec<_> =
        file.faults.iter().map(|fault| malformed(text, fault)).chain(contradictions).collect();
    faults.sort_by(|one, other| one.location.cmp(&other.location));
    match file.content {
        Some(pack) if faults.is_empty() => Ok(pack),
        _ => Err(faults),
    }
}

fn malformed(text: &str, TomlFault { span, message, advice }: &TomlFault) -> BundleFault {
    let location = Location::file(PACK_FILE).at(text, span);
    BundleFault::new(location, message, FaultCause::Toml { advice: Box::new(advice.clone()) })
}

fn contradiction(text: &str, fault: &PackFault) -> BundleFault {
    let key = fault.key.clone().into();
    let location = Location::file(PACK_FILE).at_some(text, span_of_key(text, &fault.key));
    BundleFault::new(location, &fault.message, FaultCause::Contradiction { key })
}

/// The pack with a schema that declares the names in its data, and nothing else.
pub(crate) fn with_plain_schema(files: &Files) -> Result<Files, Vec<BundleFault>> {
    let pack = read_pack(files)?;
    let tiers = pack.seats.tiers.iter().map(|tier| tier.name.to_string());
    let of_tiers = pack.seats.tiers.iter().flat_map(|tier| &tier.features);
    let features = of_tiers.chain(pack.plans.iter().flat_map(|plan| &plan.features)).cloned();
    let app = format!(
        "entity SeatTier enum [{}]; entity Feature enum [{}];",
        quoted(tiers.collect()),
        quoted(features.collect())
    );
    Ok(files.clone().into_iter().chain([(APP_FILE.to_owned(), app)]).collect())
}

/// An enumeration cannot be empty.
fn quoted(names: BTreeSet<String>) -> String {
    let none = names.is_empty().then(|| "-".to_owned());
    let names: Vec<String> = names.into_iter().chain(none).map(|name| format!("{name:?}")).collect();
    names.join(", ")
}
