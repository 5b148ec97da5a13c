//! What `publish` and `rollback` share: show what would change, ask, and do it.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, IsTerminal as _};
use std::process::ExitCode;

use clap::Args;
use seatwise_domain::policy::{Deed, Publication};
use seatwise_functions::logging::with_causes;
use seatwise_policy::{Bundle, Files};
use seatwise_store::CommitError;

use super::place::Place;
use super::progress::Progress;
use super::{EXIT_FINDINGS, diff, log};
use crate::infra::now;
use crate::publish::{self, Draft, FrameChange, PublishError, Standing, Step};
use crate::{fail, say};

/// How it is agreed to.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConsentArgs {
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask; what changes a role's frame still needs --confirm-role
    #[arg(long)]
    yes: bool,
    /// Agree that the frame of this role changes (rank, staff, what it includes, whom it is given to), or that
    /// the role is dropped; may be repeated
    #[arg(long, value_name = "ROLE")]
    confirm_role: Vec<String>,
    /// Who does it, for the history [default: `SEATWISE_AUTHOR`, else what AWS calls you, else your user name]
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
    /// Once no function of an earlier release runs: forget what those go by that cannot read this
    #[arg(long)]
    drop_older_releases: bool,
}

/// What is to be active.
pub(super) struct Proposal {
    pub(super) files: Files,
    pub(super) deed: Deed,
    pub(super) message: String,
}

/// Shows what would change, asks, and makes it the active version.
pub(super) async fn carry_out(
    place: &Place,
    standing: &Standing,
    proposal: Proposal,
    consent: &ConsentArgs,
) -> Result<ExitCode, String> {
    let Proposal { files, deed, message } = proposal;
    if is_nothing_new(standing, &files, consent) {
        let number = standing.active().map_or(0, |active| active.number);
        say(&format_args!("nothing to do: version {number}, which is active, is the same\n"));
        return Ok(ExitCode::SUCCESS);
    }
    let author = place.author(consent.author.as_deref()).await;
    let frames = frame_changes(standing, &files);
    let draft = Draft { files: files.clone(), deed, author, message };
    let step = match publish::step(standing, draft, !consent.drop_older_releases, now()) {
        Ok(step) => step,
        Err(error @ (PublishError::Store(_) | PublishError::Commit(_))) => return Err(with_causes(&error)),
        Err(refused) => return Ok(refuse(&refused.to_string())),
    };
    say(&plan(place, standing, &files, &step, &frames).await?);
    if consent.dry_run {
        say(&"nothing was changed (--dry-run)\n");
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(refused) = unconfirmed(&frames, consent) {
        return Ok(refuse(&refused));
    }
    if !consent.yes && ask("Only `yes` makes it so: ").as_deref() != Some("yes") {
        return Ok(refuse("nothing was changed"));
    }
    let key = place.signing_key(now()).await?;
    match publish::commit(&place.store, step, &key).await {
        Ok(publication) => {
            say(&done(&publication));
            Ok(ExitCode::SUCCESS)
        }
        Err(CommitError::Conflict) => Ok(refuse(&overtaken(place).await)),
        Err(error) => Err(with_causes(&error)),
    }
}

/// The same files are active, whole, and wherever they could be.
fn is_nothing_new(standing: &Standing, files: &Files, consent: &ConsentArgs) -> bool {
    let reaches_all = !consent.drop_older_releases
        || standing.pointer.as_ref().is_none_or(|pointer| pointer.targets.len() == 1);
    standing.active_files() == Some(files) && !standing.is_damaged && reaches_all
}

fn frame_changes(standing: &Standing, files: &Files) -> Vec<FrameChange> {
    let before = standing.active_files().and_then(|files| Bundle::compile(files).ok());
    let after = Bundle::compile(files).ok();
    before
        .zip(after)
        .map(|(before, after)| publish::frame_changes(before.pack(), after.pack()))
        .unwrap_or_default()
}

async fn plan(
    place: &Place,
    standing: &Standing,
    files: &Files,
    step: &Step,
    frames: &[FrameChange],
) -> Result<String, String> {
    let over = match (standing.active(), &standing.head) {
        (Some(active), Some(head)) if active.number == head.number => {
            format!("over version {} ({} by {})", head.number, log::deed(head), head.author)
        }
        (Some(active), _) => format!("over version {}", active.number),
        (None, _) => "where nothing is active".to_owned(),
    };
    let mut text = format!("{}: this makes version {}, {over}.\n", place.name, step.number());
    text += &log::warnings(standing);
    let compared = diff::compare(standing.active_files(), files, &Progress::new()).await;
    let compared = compared.map_err(|error| error.to_string())?;
    let _ = write!(text, "\n{}", diff::render(&compared));
    if !frames.is_empty() {
        text += "\nTo be confirmed\n";
        for FrameChange { role, what } in frames {
            let _ = writeln!(text, "  {role}: {what}");
        }
    }
    for behind in &step.left_behind {
        let _ = writeln!(
            text,
            "\nwarning: functions of another release (schema {}) cannot read this, and go on with version {}: \
             what it takes away they still give. Deploy this release to all, then publish with \
             --drop-older-releases.",
            behind.schema.0, behind.number
        );
    }
    text.push('\n');
    Ok(text)
}

/// Each role whose frame changes is agreed to by its name. What is missing, if anything is.
fn unconfirmed(frames: &[FrameChange], consent: &ConsentArgs) -> Option<String> {
    let mut roles: Vec<&str> = frames.iter().map(|change| change.role.as_str()).collect();
    roles.sort_unstable();
    roles.dedup();
    roles.retain(|role| !consent.confirm_role.iter().any(|confirmed| confirmed == role));
    for role in roles {
        let question = format!("The frame of role {role} changes. Its name confirms that: ");
        if consent.yes || ask(&question).as_deref() != Some(role) {
            return Some(format!(
                "the frame of role {role} changes, which needs --confirm-role {role}; nothing was changed"
            ));
        }
    }
    None
}

/// What is answered to a question; nothing, where nobody does.
fn ask(question: &str) -> Option<String> {
    if !io::stdin().is_terminal() {
        tracing::debug!("no terminal to ask on");
    }
    say(&question);
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line).unwrap_or(0);
    if read == 0 {
        say(&"\nnobody answered; --yes agrees without being asked\n");
        return None;
    }
    Some(line.trim().to_owned())
}

/// It was read and understood, and is not done.
fn refuse(why: &str) -> ExitCode {
    fail(&why);
    ExitCode::from(EXIT_FINDINGS)
}

fn done(publication: &Publication) -> String {
    let Publication { number, .. } = publication;
    format!(
        "version {number} ({}) is active: every function obeys it with its next request\n\
         to undo it: seatwise policies rollback\n",
        log::short(publication)
    )
}

/// Who was quicker.
async fn overtaken(place: &Place) -> String {
    let by = match place.standing().await {
        Ok(Standing { head: Some(head), .. }) => {
            format!("{} {} version {} meanwhile", head.author, log::deed(&head), head.number)
        }
        _ => "somebody else has published meanwhile".to_owned(),
    };
    format!("{by}, so nothing was changed; look at it (`seatwise policies diff`), then publish again")
}
