//! Findings about a pack: the place, the message, and advice.

use std::error::Error;
use std::fmt;
use std::ops::Range;

use cedar_policy::ffi::DetailedError;
use seatwise_domain::Pack;
use seatwise_policy::text::{first_line, one_line, words};
use seatwise_policy::toml_file::{TomlAdvice, TomlFault};
use seatwise_policy::{
    BundleFault, CORE_FILES, CedarError, FaultCause, Files, Location, PACK_FILE, Source, quoted_names,
};

use crate::currency;
use crate::suggestion::{nearest, suggestion};

/// Something in a pack that must be mended. Displays as `file:line:column: message`, in one line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The place that is to blame.
    pub location: Location,
    /// The fault, in one line.
    pub message: String,
    /// The advice, in one line.
    pub help: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.message)
    }
}

impl Error for Finding {}

impl Finding {
    /// A finding about that place.
    pub(crate) fn new(location: Location, message: &str) -> Self {
        Self { location, message: one_line(message), help: None }
    }

    /// A finding about a file as a whole.
    pub fn of_file(file: &str, message: &str) -> Self {
        Self::new(Location::file(file), message)
    }

    /// A finding about a policy as a whole: its first line stands for it.
    pub fn of_policy(source: &Source, message: &str) -> Self {
        Self::within_policy(source, &first_line(source.text(), 0), message)
    }

    /// A finding about a part of a policy's text.
    pub(crate) fn within_policy(source: &Source, part: &Range<usize>, message: &str) -> Self {
        Self::new(source.location(part), message)
    }

    /// The finding with advice.
    #[must_use]
    pub fn help(self, help: &str) -> Self {
        Self { help: Some(one_line(help)), ..self }
    }

    /// A fault of a TOML file; `section` of `policies/REFERENCE.md` lists the keys.
    pub(crate) fn of_toml(file: &str, text: &str, fault: &TomlFault, section: &str) -> Self {
        let location = Location::file(file).at(text, &fault.span);
        Self::new(location, &fault.message).help(&toml_help(&fault.advice, section))
    }

    /// An error of Cedar about a policy; `help` where Cedar has none.
    pub(crate) fn of_cedar(source: &Source, mut error: DetailedError, help: &str) -> Self {
        // All of a policy is more than a reader can look at.
        error.source_locations.retain(|label| label.loc.end - label.loc.start < source.text().len());
        let start = source.span().start;
        let CedarError { message, span, advice } =
            CedarError::new(error, 0, first_line(source.file_text(), start));
        let part = span.start.saturating_sub(start)..span.end.saturating_sub(start);
        Self::within_policy(source, &part, &message).help(advice.as_deref().unwrap_or(help))
    }

    /// A fault of a pack, with advice.
    pub fn of_fault(fault: &BundleFault, files: &Files) -> Self {
        let text = files.get(&fault.location.file).map_or("", String::as_str);
        let location = match fault.cause {
            FaultCause::Vocabulary if fault.location.span.is_none() => {
                fault.location.clone().at_some(text, misspelt_word(text, &fault.message))
            }
            _ => fault.location.clone(),
        };
        Self::new(location, &fault.message).help(&fault_help(fault, text))
    }

    /// The text of the file, if there is one: of the pack that was checked, or of a compiled-in file.
    pub fn text<'f>(&self, files: &'f Files) -> Option<&'f str> {
        let Location { file, is_core, .. } = &self.location;
        if *is_core {
            CORE_FILES.iter().find(|core| core.name == file).map(|core| core.text)
        } else {
            files.get(file).map(String::as_str)
        }
    }
}

/// The section of `policies/REFERENCE.md` that lists the keys of product.toml.
pub(crate) const SETTINGS: &str = "Settings of product.toml";

/// The form of a policy.
const FORM: &str = "a policy is `@id(\"…\") permit (principal …, action …, resource …) when { … };`, or a forbid \
                    with `@reason(\"…\")`";

fn toml_help(advice: &TomlAdvice, section: &str) -> String {
    match advice {
        TomlAdvice::Names { wrong, known } => suggestion(wrong, known.iter().map(String::as_str)),
        TomlAdvice::Example(line) => line.clone(),
        TomlAdvice::None => format!("“{section}” in policies/REFERENCE.md has the keys and their values"),
    }
}

fn fault_help(fault: &BundleFault, text: &str) -> String {
    let of_cedar = |advice: &Option<Box<str>>, help: &str| advice.as_deref().unwrap_or(help).to_owned();
    match &fault.cause {
        FaultCause::Missing if fault.location.file == PACK_FILE => {
            format!("add it: “{SETTINGS}” in policies/REFERENCE.md says what is in it")
        }
        FaultCause::Missing => {
            "add it: it declares `SeatTier`, `Feature` and the product's own actions".to_owned()
        }
        FaultCause::Toml { advice } => toml_help(advice, SETTINGS),
        FaultCause::Contradiction { key } => contradiction_help(fault, text, key),
        FaultCause::Policy { advice } => of_cedar(advice, FORM),
        FaultCause::Schema { advice } => {
            of_cedar(advice, "“Adding a permission” in policies/TUTORIAL.md shows how actions are declared")
        }
        FaultCause::Vocabulary => {
            "names must not be those of the core's schema, and `SeatTier` and `Feature` must be declared here"
                .to_owned()
        }
        FaultCause::DuplicateId => "every policy needs an id of its own: choose another".to_owned(),
    }
}

/// For a key that names a role which the pack does not have, the role that was meant.
fn contradiction_help(fault: &BundleFault, text: &str, key: &[String]) -> String {
    let names_role = ["creator", "joiner", "seatless", "includes"];
    let is_of_role = key.last().is_some_and(|last| names_role.contains(&last.as_str()));
    let written = fault.location.span.clone().and_then(|span| text.get(span));
    let written = written.and_then(|written| written.split('"').nth(1));
    if let (Some(code), Some("currency")) = (written, key.last().map(String::as_str)) {
        return currency::suggestion(code);
    }
    let named = written.filter(|_| is_of_role);
    if let (Some(named), Ok(pack)) = (named, toml::from_str::<Pack>(text))
        && pack.roles.iter().all(|role| role.name.as_str() != named)
    {
        return suggestion(named, pack.roles.iter().map(|role| role.name.as_str()));
    }
    format!("“{SETTINGS}” in policies/REFERENCE.md says what `{}` goes with", key.join("."))
}

/// The word of the pack's schema that a type in Cedar's message was probably meant to be.
fn misspelt_word(app: &str, message: &str) -> Option<Range<usize>> {
    let known = app.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 3);
    let mut types = quoted_names(message).filter(|name| name.starts_with(char::is_uppercase));
    types.find_map(|name| words(app, nearest(name, known.clone())?).next())
}
