//! The common part of `publish` and `rollback`: show the difference, ask, publish.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use seatwise_domain::{Publication, PublicationKind};
use seatwise_functions::logging::with_causes;
use seatwise_policy::Files;
use seatwise_store::CommitError;

use super::forecast::{lost, lost_text};
use super::holders::Dropped;
use super::log::plain;
use super::place::PolicyPlace;
use super::progress::{Progress, note};
use super::{EXIT_FINDINGS, diff, log};
use crate::ask::ask;
use crate::infra::now;
use crate::publish::{self, Draft, FrameChange, PublicationPlan, PublishError, PublishedState};
use crate::{fail, say};

/// For the help of `publish` and `rollback`.
pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0  done, or nothing to do, or --dry-run has shown the difference
  1  there are findings, or it was refused: nothing was changed
  2  something cannot be read or written, or the command line is wrong";

/// The arguments by which the author agrees.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct ConsentArgs {
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do not ask. A change that needs a confirmation of its own is refused without its flag
    #[arg(long)]
    pub(super) yes: bool,
    /// Agree to the changes of this role or tier under “To be confirmed”; may be repeated
    #[arg(long, value_name = "NAME")]
    confirm: Vec<String>,
    /// The author, for the history [default: `SEATWISE_AUTHOR`, else your name in AWS, else your user name]
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
    /// Agree that functions of other releases, which cannot read this version, keep what they have
    #[arg(long, conflicts_with = "drop_other_releases")]
    leave_other_releases: bool,
    /// Drop the versions of other releases, once none of their functions runs
    #[arg(long)]
    drop_other_releases: bool,
    /// Count the holders of what the version drops: reads every item of the table. For a data file they are
    /// counted without this flag
    #[arg(long)]
    count_holders: bool,
}

/// The version that is to be active.
pub(super) struct Proposal {
    pub(super) files: Files,
    pub(super) deed: PublicationKind,
    pub(super) message: String,
    /// Whether gains and losses are also found by proof.
    pub(super) compares_by_proof: bool,
    /// The confirmations that it needs beside those that every version needs.
    pub(super) agreements: Vec<Agreement>,
}

/// The exit code, if it is clear before the checks, which take a while, that there is nothing to do or that
/// the version is refused.
pub(super) async fn foresee(
    place: &PolicyPlace,
    state: &PublishedState,
    files: &Files,
    consent: &ConsentArgs,
    deed: PublicationKind,
) -> Result<Option<ExitCode>, String> {
    if is_nothing_new(place, state, files, consent).await? {
        let number = state.active().map_or(0, |active| active.number);
        say(&format_args!("nothing to do: version {number}, which is active, is the same\n"));
        return Ok(Some(ExitCode::SUCCESS));
    }
    let (author, message) = (String::new(), String::new());
    let draft = Draft { files: files.clone(), deed, author, message };
    match publish::plan(state, draft, !consent.drop_other_releases, now()) {
        // The checks say better what is wrong with the pack itself.
        Ok(_) | Err(PublishError::Unusable(_)) => Ok(None),
        Err(refused) => Ok(Some(refuse(&refused.to_string()))),
    }
}

/// What became of a proposal.
pub(super) enum Outcome {
    /// It is this version.
    Published(Box<Publication>),
    /// Nothing was changed.
    Unchanged(ExitCode),
}

impl Outcome {
    pub(super) fn code(&self) -> ExitCode {
        match self {
            Self::Published(_) => ExitCode::SUCCESS,
            Self::Unchanged(code) => *code,
        }
    }
}

/// The author, where neither the operator nor the machine names one.
const UNNAMED: &str = "an unnamed operator";

/// Shows the difference, asks, and publishes.
pub(super) async fn carry_out(
    place: &PolicyPlace,
    state: &PublishedState,
    proposal: Proposal,
    consent: &ConsentArgs,
) -> Result<Outcome, String> {
    let Proposal { files, deed, message, compares_by_proof, agreements } = proposal;
    let author = place.author(consent.author.as_deref()).unwrap_or_else(|| {
        note("note: the history will name no author: --author or SEATWISE_AUTHOR names you");
        UNNAMED.to_owned()
    });
    let draft = Draft { files: files.clone(), deed, author, message };
    let plan = match publish::plan(state, draft, !consent.drop_other_releases, now()) {
        Ok(plan) => plan,
        Err(refused) => return Ok(Outcome::Unchanged(refuse(&refused.to_string()))),
    };
    say(&describe(place, state, &files, (&plan, deed), (consent.count_holders, compares_by_proof)).await?);
    let words = words(&plan, agreements, consent);
    if consent.dry_run {
        for agreement in &words {
            note(&agreement.why);
        }
        let flags: Vec<String> = words.iter().map(|word| format!(" {}", word.flag)).collect();
        let needs =
            if flags.is_empty() { String::new() } else { format!("; --yes would need{}", flags.concat()) };
        say(&format_args!("nothing was changed (--dry-run){needs}\n"));
        return Ok(Outcome::Unchanged(ExitCode::SUCCESS));
    }
    if let Some(refused) = ask_all(&words, consent) {
        return Ok(Outcome::Unchanged(refuse(&refused)));
    }
    let key = place.signing_key(now()).await?;
    let (number, has_left) = (plan.number(), !plan.left_behind.is_empty() && !consent.drop_other_releases);
    match publish::commit(&place.store, plan, &key).await {
        Ok(publication) => {
            say(&done(place, &publication, has_left));
            Ok(Outcome::Published(Box::new(publication)))
        }
        Err(CommitError::Conflict) => Ok(Outcome::Unchanged(refuse(&overtaken(place, number).await))),
        Err(error) => Err(format!(
            "{}; whether version {number} was published, `seatwise policies log` says",
            with_causes(&error)
        )),
    }
}

/// Whether the same files are active already, signed, and in every copy of the pointer.
async fn is_nothing_new(
    place: &PolicyPlace,
    state: &PublishedState,
    files: &Files,
    consent: &ConsentArgs,
) -> Result<bool, String> {
    let others = state.pointer.iter().flat_map(|pointer| &pointer.targets).count() > 1;
    let is_asked_to_drop = consent.drop_other_releases && others;
    let trusted = place.trusted().await?;
    Ok(state.serves(files, trusted.as_ref()) && !is_asked_to_drop)
}

async fn describe(
    place: &PolicyPlace,
    state: &PublishedState,
    files: &Files,
    (plan, deed): (&PublicationPlan, PublicationKind),
    (counts, by_proof): (bool, bool),
) -> Result<String, String> {
    let over = match (state.active(), &state.head) {
        (Some(active), Some(head)) if active.number == head.number => {
            format!("over version {} ({} by {})", head.number, log::deed(head), plain(&head.author))
        }
        (Some(active), _) => format!("over version {}", active.number),
        (None, _) => "where nothing is active".to_owned(),
    };
    let mut text = format!("{}: this makes version {}, {over}.\n", place.site, plan.number());
    text += &log::warnings(state, place.trusted().await?.as_ref());
    let compared = diff::compare(state.active_files(), files, by_proof, &Progress::new()).await;
    let compared = compared.map_err(|error| error.to_string())?;
    let _ = write!(text, "\n{}", diff::render::render(&compared));
    if !plan.frame_changes.is_empty() {
        text += "\nTo be confirmed\n";
        for FrameChange { name, what } in &plan.frame_changes {
            let _ = writeln!(text, "  {name}: {what}");
        }
    }
    // The emergency exit reads no more than it needs.
    if deed == PublicationKind::Published {
        text += &lost_text(&lost(place, state, plan.frame()).await?);
    }
    let dropped = Dropped::of(state.active_files(), files);
    text += &dropped.section(place, counts, now()).await;
    text += &dropped.advice(deed == PublicationKind::Published);
    for behind in &plan.left_behind {
        let _ = writeln!(
            text,
            "\nwarning: functions of another release (schema {}) cannot read this version, and keep version {}: \
             they still grant the permissions that this version takes away. Deploy this release everywhere, \
             then publish with --drop-other-releases.",
            behind.schema.0, behind.number
        );
    }
    text.push('\n');
    Ok(text)
}

/// A confirmation of its own, given by a word.
pub(super) struct Agreement {
    /// What there is to agree to.
    pub(super) why: String,
    pub(super) word: String,
    pub(super) flag: String,
    /// Whether the flag was given.
    pub(super) is_given: bool,
}

fn words(plan: &PublicationPlan, others: Vec<Agreement>, consent: &ConsentArgs) -> Vec<Agreement> {
    let mut names: Vec<&str> = plan.frame_changes.iter().map(|change| change.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut words: Vec<Agreement> = names
        .into_iter()
        .map(|name| Agreement {
            why: format!("{name} changes as it says under “To be confirmed”."),
            word: name.to_owned(),
            flag: format!("--confirm {name}"),
            is_given: consent.confirm.iter().any(|confirmed| confirmed == name),
        })
        .collect();
    if !plan.left_behind.is_empty() && !consent.drop_other_releases {
        words.push(Agreement {
            why: "Functions of another release keep what they have.".to_owned(),
            word: "leave".to_owned(),
            flag: "--leave-other-releases".to_owned(),
            is_given: consent.leave_other_releases,
        });
    }
    words.extend(others);
    words.retain(|word| !word.is_given);
    words
}

/// Asks for each word, and for `yes`. Returns the reason, if the answer is not to agree.
fn ask_all(words: &[Agreement], consent: &ConsentArgs) -> Option<String> {
    if consent.yes && !words.is_empty() {
        for agreement in words {
            note(&agreement.why);
        }
        let flags: Vec<&str> = words.iter().map(|word| word.flag.as_str()).collect();
        return Some(format!("this needs {}; nothing was changed", flags.join(" ")));
    }
    for Agreement { why, word, flag, .. } in words {
        if ask(&format!("{why} To agree, type `{word}`: ")).as_deref() != Some(word) {
            return Some(format!("nothing was changed; in a script, {flag} agrees"));
        }
    }
    if !consent.yes && ask("Publish? Only `yes` is taken for it: ").as_deref() != Some("yes") {
        return Some("nothing was changed; in a script, --yes agrees".to_owned());
    }
    None
}

/// Prints why nothing is changed.
pub(super) fn refuse(why: &str) -> ExitCode {
    fail(&why);
    ExitCode::from(EXIT_FINDINGS)
}

fn done(place: &PolicyPlace, publication: &Publication, has_left: bool) -> String {
    let left = if has_left { "; functions of other releases keep what they have" } else { "" };
    format!(
        "version {} ({}) is active: {}{left}\n\
         to undo it, for the same place: policies rollback\n",
        publication.number,
        log::short(publication),
        place.site.effect()
    )
}

/// The message that somebody else has published meanwhile.
async fn overtaken(place: &PolicyPlace, number: u32) -> String {
    match place.state().await {
        Ok(PublishedState { head: Some(head), .. }) if head.number >= number => format!(
            "{} {} version {} meanwhile, so nothing was changed; look at it (`seatwise policies diff`), \
             then publish again",
            plain(&head.author),
            log::deed(&head),
            head.number
        ),
        _ => "the table was busy, so nothing was changed; publish again".to_owned(),
    }
}
