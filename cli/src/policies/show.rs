//! `seatwise policies show`: one version and its files.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use seatwise_domain::Publication;
use seatwise_policy::Files;

use super::log::{deed, is_signed, json_of, plain, warnings};
use super::place::PlaceArgs;
use crate::publish::PublishedState;
use crate::say;

/// The arguments of `policies show`.
#[derive(Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    place: PlaceArgs,
    /// The number of the version [default: the active one]
    version: Option<u32>,
    /// The file to print as it is [default: a summary of the version]
    file: Option<String>,
    /// Write JSON, with all files
    #[arg(long, conflicts_with = "file")]
    json: bool,
}

/// Prints it.
pub(super) fn run(args: &ShowArgs) -> ExitCode {
    args.place.run(async |place| {
        let state = place.state().await?;
        let line = place.chosen(&state, args.version).await?;
        let files = place.files(&line.version).await;
        let trusted = place.trusted().await?;
        if let Some(file) = &args.file {
            let files = files?;
            let text = files.get(file).ok_or_else(|| {
                let known: Vec<&str> = files.keys().map(String::as_str).collect();
                format!("version {} has no file {file}; it has {}", line.number, known.join(", "))
            })?;
            say(text);
        } else if args.json {
            let mut shown = json_of(&line, &state, trusted.as_ref());
            shown["files"] = serde_json::json!(files?);
            say(&format_args!("{shown:#}\n"));
        } else {
            let signed = is_signed(&line, trusted.as_ref());
            let warnings = warnings(&state, trusted.as_ref());
            say(&text_of(&line, files.as_ref(), &state, signed, &warnings));
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn text_of(
    line: &Publication,
    files: Result<&Files, &String>,
    state: &PublishedState,
    signed: Option<bool>,
    warnings: &str,
) -> String {
    let is_active = super::log::is_active(line, state);
    let mut text = format!("version  {}{}\n", line.number, if is_active { " (active)" } else { "" });
    let signed = match signed {
        Some(true) => "by a key that functions trust",
        Some(false) => "by NO key of this place",
        None => "by a key that is not held here",
    };
    let releases: Vec<&str> = line.schemas.iter().map(|schema| schema.0.as_str()).collect();
    for (name, value) in [
        ("hash", line.version.0.as_str()),
        ("pack", &line.pack),
        ("was", &deed(line)),
        ("by", &line.author),
        ("at", &line.at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()),
        ("message", &line.message),
        ("signed", signed),
        ("for", &releases.join(", ")),
    ] {
        let _ = writeln!(text, "{name:<8} {}", plain(value));
    }
    match files {
        Ok(files) => {
            text.push_str("files\n");
            for (path, content) in files {
                let _ = writeln!(text, "  {:>7} bytes  {}", content.len(), plain(path));
            }
        }
        Err(why) => {
            let _ = writeln!(text, "files    cannot be shown: {why}");
        }
    }
    if is_active {
        text.push_str(warnings);
    }
    text
}
