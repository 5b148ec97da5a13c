//! `product.toml`, read as the domain's [`Pack`].

use std::collections::BTreeSet;

use seatwise_domain::Pack;
use seatwise_domain::pack::PackFault;

use crate::Files;
use crate::fault::{BundleFault, FaultCause, Location};
use crate::text::span_of_key;
use crate::vocabulary::APP_FILE;

/// The file with the pack's data.
pub const PACK_FILE: &str = "product.toml";

pub(crate) fn read_pack(files: &Files) -> Result<Pack, Vec<BundleFault>> {
    let Some(text) = files.get(PACK_FILE) else {
        return Err(vec![BundleFault::missing(PACK_FILE)]);
    };
    let location = Location::file(PACK_FILE);
    let pack: Pack = toml::from_str(text).map_err(|error| {
        vec![BundleFault::new(
            location.clone().at_some(text, error.span()),
            error.message(),
            FaultCause::Toml,
        )]
    })?;
    let contradiction = |fault: &PackFault| {
        let key = fault.key.clone().into();
        let location = location.clone().at_some(text, span_of_key(text, &fault.key));
        BundleFault::new(location, &fault.message, FaultCause::Contradiction { key })
    };
    let faults: Vec<_> = pack.faults().iter().map(contradiction).collect();
    if faults.is_empty() { Ok(pack) } else { Err(faults) }
}

/// The pack with a schema that declares the names in its data, and nothing else.
pub(crate) fn with_plain_schema(files: &Files) -> Result<Files, Vec<BundleFault>> {
    let pack = read_pack(files)?;
    let tiers = pack.seats.tiers.iter().map(|tier| tier.id.to_string());
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
