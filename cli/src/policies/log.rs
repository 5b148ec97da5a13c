//! `seatwise policies log`: the published versions.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use seatwise_domain::{Publication, PublicationKind};
use seatwise_functions::Keyring;
use serde_json::{Value, json};

use super::place::{PlaceArgs, PolicyPlace};
use crate::publish::PublishedState;
use crate::say;

/// The arguments of `policies log`.
#[derive(Args)]
pub(crate) struct LogArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// The most versions to list, newest first
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 20)]
    limit: usize,
    /// Write JSON: a list of objects
    #[arg(long)]
    json: bool,
}

/// Prints the history.
pub(super) fn run(args: &LogArgs) -> ExitCode {
    args.place.run(async |place| {
        let state = place.state().await?;
        let trusted = place.trusted().await?;
        let lines = newest(&place, args.limit).await?;
        if args.json {
            let lines: Vec<Value> =
                lines.iter().map(|line| json_of(line, &state, trusted.as_ref())).collect();
            say(&format_args!("{:#}\n", Value::from(lines)));
        } else {
            say(&text_of(&lines, &state, trusted.as_ref()));
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn newest(place: &PolicyPlace, limit: usize) -> Result<Vec<Publication>, String> {
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

/// Whether functions obey this version.
pub(super) fn is_active(line: &Publication, state: &PublishedState) -> bool {
    state.active().is_some_and(|active| (active.number, &active.version) == (line.number, &line.version))
}

/// Whether a trusted key signed the version; nothing, if that cannot be known.
pub(super) fn is_signed(line: &Publication, trusted: Option<&Keyring>) -> Option<bool> {
    // Keys are dropped some time after their replacement. Nothing is known of lines signed before.
    let trusted = trusted.filter(|trusted| trusted.find(line.signature.key).is_some())?;
    let target = seatwise_policy::target(line, line.schemas.first()?);
    Some(trusted.has_signed(&target, &line.pack))
}

/// Refuses a version that no trusted key signed. Returns false if its key is no longer known.
pub(super) fn require_signed(line: &Publication, trusted: Option<&Keyring>) -> Result<bool, String> {
    match is_signed(line, trusted) {
        Some(true) => Ok(true),
        Some(false) => Err(format!("version {} is not signed by a trusted key", line.number)),
        None => Ok(false),
    }
}

/// The deed in words.
pub(super) fn deed(line: &Publication) -> String {
    match line.deed {
        PublicationKind::Published => "published".to_owned(),
        PublicationKind::RolledBack { to } => format!("rolled back to {to}"),
        PublicationKind::SignedAnew => "signed anew".to_owned(),
    }
}

/// The text without control characters, which a terminal would obey: its author is not trusted.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

/// The beginning of the hash, long enough to tell versions apart.
pub(super) fn short(line: &Publication) -> &str {
    line.version.0.get(..12).unwrap_or(&line.version.0)
}

fn text_of(lines: &[Publication], state: &PublishedState, trusted: Option<&Keyring>) -> String {
    let mut text = String::new();
    for line in lines {
        let mark = if is_active(line, state) { "*" } else { " " };
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
    text.push_str(&warnings(state, trusted));
    text
}

/// Warnings about a table that is not as publishing leaves it.
pub(super) fn warnings(state: &PublishedState, trusted: Option<&Keyring>) -> String {
    let mut text = String::new();
    let mut warn = |what: &str| {
        let _ = writeln!(text, "warning: {what}; publish or roll back to mend it");
    };
    if state.is_damaged {
        warn("copies of the pointer are missing or differ");
    }
    if let Some(Err(why)) = &state.files {
        warn(&format!("functions serve the recovery floor: {why}"));
    }
    if trusted.and_then(|trusted| state.is_signed(trusted)) == Some(false) {
        warn("functions serve the recovery floor: the active version is not signed by a trusted key");
    }
    match (state.active(), &state.last) {
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
pub(super) fn json_of(line: &Publication, state: &PublishedState, trusted: Option<&Keyring>) -> Value {
    json!({
        "number": line.number,
        "hash": line.version,
        "deed": line.deed,
        "pack": line.pack,
        "author": line.author,
        "at": line.at,
        "message": line.message,
        "releases": line.schemas,
        "active": is_active(line, state),
        "signed": is_signed(line, trusted),
    })
}
