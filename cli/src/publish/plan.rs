//! The decision what a publication writes, or why it is refused. Pure.

use jiff::Timestamp;
use seatwise_domain::{
    MAX_TARGETS, PolicyBundle, PolicyPointer, PolicySchema, PolicySignature, PolicyTarget, Publication,
    PublicationKind,
};
use seatwise_policy::{Bundle, Core, Files};
use seatwise_workbench::is_readable;

use super::error::PublishError;
use super::frame::{FrameChange, frame, frame_changes};
use super::state::PublishedState;

/// The most characters of an author's name (our choice).
pub const MAX_AUTHOR: usize = 200;
/// The most characters of a message, which is one line (our choice).
pub const MAX_MESSAGE: usize = 500;

/// The version that somebody wants to publish.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The files.
    pub files: Files,
    /// Whether it is a publication or a rollback.
    pub deed: PublicationKind,
    /// The author.
    pub author: String,
    /// The reason, for the history.
    pub message: String,
}

/// Everything that is written to make a draft active.
#[derive(Clone, Debug)]
pub struct PublicationPlan {
    pub(super) publication: Publication,
    pub(super) pointer: PolicyPointer,
    pub(super) bundle: PolicyBundle,
    pub(super) schema: PolicySchema,
    /// The versions of other releases, which cannot read the draft and keep what they have.
    pub left_behind: Vec<PolicyTarget>,
    /// The changes that need a confirmation of their own.
    pub frame_changes: Vec<FrameChange>,
}

impl PublicationPlan {
    /// The number of the publication.
    pub fn number(&self) -> u32 {
        self.publication.number
    }
}

/// Plans the publication of a draft, or refuses it. `keeps_others`: releases that cannot read the draft
/// keep what they have, instead of the recovery floor.
pub fn plan(
    state: &PublishedState,
    draft: Draft,
    keeps_others: bool,
    now: Timestamp,
) -> Result<PublicationPlan, PublishError> {
    let Draft { files, deed, author, message } = draft;
    let pack = Bundle::compile(&files)?.pack().clone();
    if let Some(has) = state.pack().filter(|has| *has != pack.name) {
        return Err(PublishError::OtherPack { has: has.to_owned() });
    }
    let frame_before = state.head.as_ref().map(|head| &head.frame);
    let frame = frame(frame_before, &pack)?;
    if keeps_others {
        require_latest_program(state)?;
    }

    let core = Core::current();
    let version = seatwise_policy::version(&files);
    let others = state.pointer.iter().flat_map(|pointer| &pointer.targets);
    let others = others.filter(|target| target.schema != core.id());
    let can_read = |target: &&PolicyTarget| {
        let other = state.others.get(&target.schema);
        other.is_some_and(|other| is_readable(other, &files))
    };
    let (along, behind): (Vec<&PolicyTarget>, Vec<&PolicyTarget>) = others.partition(can_read);

    let schemas = [core.id()].into_iter().chain(along.iter().map(|target| target.schema.clone()));
    let before = state.active().map(|active| active.version.clone()).filter(|before| *before != version);
    let before = before.or_else(|| state.active().and_then(|active| active.before.clone()));
    let publication = Publication {
        number: state.next().ok_or(PublishError::Full)?,
        version: version.clone(),
        before,
        deed,
        pack: pack.name.clone(),
        schemas: schemas.collect(),
        author: shortened(&author, MAX_AUTHOR),
        at: now,
        message: shortened(&message, MAX_MESSAGE),
        frame,
        signature: PolicySignature::default(),
    };
    let mut targets: Vec<PolicyTarget> =
        publication.schemas.iter().map(|schema| seatwise_policy::target(&publication, schema)).collect();
    if keeps_others {
        targets.extend(behind.iter().copied().cloned());
    }
    // There are at most so many releases at once: the oldest are no longer in use.
    targets.sort_by_key(|target| std::cmp::Reverse((target.schema == core.id(), target.number)));
    targets.truncate(MAX_TARGETS);
    Ok(PublicationPlan {
        pointer: PolicyPointer { copy: 0, pack: pack.name.clone(), targets },
        bundle: PolicyBundle { version, pack: pack.name.clone(), files },
        schema: core.to_record(),
        frame_changes: frame_before.map(|before| frame_changes(before, &pack)).unwrap_or_default(),
        left_behind: behind.into_iter().cloned().collect(),
        publication,
    })
}

/// An older program must not replace the later version of another release.
fn require_latest_program(state: &PublishedState) -> Result<(), PublishError> {
    let own = state.active().map_or(0, |active| active.number);
    let mut targets = state.pointer.iter().flat_map(|pointer| &pointer.targets);
    match targets.find(|target| target.number > own) {
        Some(later) => {
            Err(PublishError::OtherProgram { number: later.number, schema: later.schema.0.clone() })
        }
        None => Ok(()),
    }
}

/// The text in one line of at most that many characters.
fn shortened(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(most).collect()
}
