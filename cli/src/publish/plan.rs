//! The decision what a publication writes, or why it is refused. Pure.

use jiff::Timestamp;
use seatwise_domain::{
    MAX_TARGETS, Pack, PackBaseline, PolicyBundle, PolicyPointer, PolicySchema, PolicySignature,
    PolicyTarget, Publication, PublicationKind,
};
use seatwise_policy::{Bundle, Core, Files};
use seatwise_workbench::is_readable;

use super::error::PublishError;
use super::frame::{FrameChange, frame_after, frame_changes, refusals_of_frame};
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

    /// The frame that the history keeps with it.
    pub fn frame(&self) -> &PackBaseline {
        &self.publication.frame
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
    if let Some(refused) = refusals(state, &pack, keeps_others).into_iter().next() {
        return Err(refused.of_deed(deed));
    }
    let frame_before = state.frame();
    let frame = frame_after(frame_before, &pack);

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

/// Every reason why a sound pack is not published here. `keeps_others`: as for [`plan`].
pub fn refusals(state: &PublishedState, pack: &Pack, keeps_others: bool) -> Vec<PublishError> {
    if let Some(has) = state.pack().filter(|has| *has != pack.name) {
        return vec![PublishError::OtherPack { has: has.to_owned() }];
    }
    let mut refused = refusals_of_frame(state.frame(), pack);
    refused.extend(later_program(state).filter(|_| keeps_others));
    refused
}

/// An older program must not replace the later version of another release.
fn later_program(state: &PublishedState) -> Option<PublishError> {
    let own = state.active().map_or(0, |active| active.number);
    let mut targets = state.pointer.iter().flat_map(|pointer| &pointer.targets);
    let later = targets.find(|target| target.number > own)?;
    Some(PublishError::OtherProgram { number: later.number, schema: later.schema.0.clone() })
}

/// The text in one line of at most that many characters.
fn shortened(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(most).collect()
}
