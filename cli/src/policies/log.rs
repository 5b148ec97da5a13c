//! `seatwise policies log`: who has published what, and when.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use seatwise_domain::{Publication, PublicationKind};
use seatwise_functions::Keyring;
use serde_json::{Value, json};

use super::place::{Place, PlaceArgs};
use crate::publish::Standing;
use crate::say;

/// Which part of the history.
#[derive(Args)]
pub(crate) struct LogArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// At most so many versions, newest first
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 20)]
    limit: usize,
    /// As JSON: a list of objects
    #[arg(long)]
    json: bool,
}

/// Prints the history.
pub(super) fn run(args: &LogArgs) -> ExitCode {
    args.place.run(async |place| {
        let standing = place.standing().await?;
        let trusted = place.trusted().await?;
        let lines = newest(&place, args.limit).await?;
        if args.json {
            let lines: Vec<Value> =
                lines.iter().map(|line| json_of(line, &standing, trusted.as_ref())).collect();
            say(&format_args!("{:#}\n", Value::from(lines)));
        } else {
            say(&text_of(&lines, &standing, trusted.as_ref()));
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn newest(place: &Place, limit: usize) -> Result<Vec<Publication>, String> {
    let mut lines = Vec::new();
    place
        .history(|line| {
            lines.push(line);
            lines.len() < limit
        })
        .await?;
    lines.truncate(limit);
    Ok(lines)
}

/// Whether it is what functions go by.
pub(super) fn is_active(line: &Publication, standing: &Standing) -> bool {
    standing.active().is_some_and(|active| (active.number, &active.version) == (line.number, &line.version))
}

/// Whether the key that signed it is one that functions trust; nothing, where that is not known.
pub(super) fn is_signed(line: &Publication, trusted: Option<&Keyring>) -> Option<bool> {
    // Keys are dropped some time after they were replaced: of an older line nothing can be said.
    let trusted = trusted.filter(|trusted| trusted.find(line.signature.key).is_some())?;
    let target = seatwise_policy::target(line, line.schemas.first()?);
    Some(trusted.has_signed(&target, &line.pack))
}

/// Refuses a line that nobody signed who may. Whether its key is still held; if not, nothing is known.
pub(super) fn require_signed(line: &Publication, trusted: Option<&Keyring>) -> Result<bool, String> {
    match is_signed(line, trusted) {
        Some(true) => Ok(true),
        Some(false) => Err(format!("version {} is not signed by whoever may publish", line.number)),
        None => Ok(false),
    }
}

/// What was done, in words.
pub(super) fn deed(line: &Publication) -> String {
    match line.deed {
        PublicationKind::Published => "published".to_owned(),
        PublicationKind::RolledBack { to } => format!("rolled back to {to}"),
        PublicationKind::SignedAnew => "signed anew".to_owned(),
    }
}

/// Without what a terminal would obey: who wrote it may not be who should have.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// The beginning of the hash, enough to tell versions apart.
pub(super) fn short(line: &Publication) -> &str {
    line.version.0.get(..12).unwrap_or(&line.version.0)
}

fn text_of(lines: &[Publication], standing: &Standing, trusted: Option<&Keyring>) -> String {
    let mut text = String::new();
    for line in lines {
        let mark = if is_active(line, standing) { "*" } else { " " };
        let at = line.at.strftime("%Y-%m-%d %H:%M UTC");
        let _ = writeln!(
            text,
            "{mark} {:>4}  {at}  {}  {} by {}",
            line.number,
            short(line),
            deed(line),
            plain(&line.author)
        );
        if !line.message.is_empty() {
            let _ = writeln!(text, "        {}", plain(&line.message));
        }
        if is_signed(line, trusted) == Some(false) {
            text.push_str("        NOT signed by a key of this place\n");
        }
    }
    if lines.is_empty() {
        text.push_str("nothing is published\n");
    }
    text.push_str(&warnings(standing, trusted));
    text
}

/// What is not as publishing leaves it.
pub(super) fn warnings(standing: &Standing, trusted: Option<&Keyring>) -> String {
    let mut text = String::new();
    let mut warn = |what: &str| {
        let _ = writeln!(text, "warning: {what}; publish or roll back to mend it");
    };
    if standing.is_damaged {
        warn("copies of the pointer are missing or differ");
    }
    if let Some(Err(why)) = &standing.files {
        warn(&format!("functions serve the recovery floor: {why}"));
    }
    if trusted.and_then(|trusted| standing.is_signed(trusted)) == Some(false) {
        warn("functions serve the recovery floor: what is active is not signed by whoever may publish");
    }
    match (standing.active(), &standing.last) {
        (None, Some(_)) => warn("no copy of the pointer can be read"),
        (Some(active), Some(last)) if active.number < last.number => {
            warn(&format!(
                "version {} is active, and {} is the last one published: the table was written otherwise than by publishing",
                active.number, last.number
            ));
        }
        _ => {}
    }
    text
}

/// A version as JSON.
pub(super) fn json_of(line: &Publication, standing: &Standing, trusted: Option<&Keyring>) -> Value {
    json!({
        "number": line.number,
        "hash": line.version,
        "deed": line.deed,
        "pack": line.pack,
        "author": line.author,
        "at": line.at,
        "message": line.message,
        "releases": line.schemas,
        "active": is_active(line, standing),
        "signed": is_signed(line, trusted),
    })
}
