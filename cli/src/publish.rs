//! Makes policies the active ones of a table: the local server's, or a deployed stack's.
//!
//! One reads how things stand ([`Standing::of`]), decides what is to be written ([`step`]), and writes it
//! ([`commit`]): who has published in between is found by the number of the publication, which both took.

use std::collections::BTreeMap;

use jiff::Timestamp;
use seatwise_domain::pack::Role;
use seatwise_domain::{
    MAX_TARGETS, POINTER_COPIES, Pack, PackBaseline, PolicyBundle, PolicyPointer, PolicySchema,
    PolicySignature, PolicyTarget, PolicyVersion, Publication, PublicationKind, RecordKey, RoleBaseline,
    RoleId, SchemaId,
};
use seatwise_functions::Keyring;
use seatwise_policy::{Bundle, Core, Files, SigningKey};
use seatwise_store::{CommitError, Load, Page, Query, Store, StoreError};

/// Most characters of what an author is called (ours).
pub const MAX_AUTHOR: usize = 200;
/// Most characters of a message (ours): a line.
pub const MAX_MESSAGE: usize = 500;

/// Why policies are not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The workspaces are of another pack.
    #[error(
        "the workspaces here are of the pack {has}; publish a version of that, or name the place of this one"
    )]
    OtherPack {
        /// Which.
        has: String,
    },
    /// Who governs and who needs a seat is counted as members come and go: under another frame of a role
    /// the counts would be untrue.
    #[error(
        "the pack changes what role {role} is (governing, or its seat), by which its members are counted; \
         give the role that you mean another id"
    )]
    OtherFrame {
        /// The role.
        role: RoleId,
    },
    /// A workspace could be left without anybody who governs.
    #[error(
        "the pack drops role {role}, which governs: a workspace whose only governors hold it would be locked \
         out; keep the role, and take from it what it may do"
    )]
    NoGovernor {
        /// The role.
        role: RoleId,
    },
    /// Another program has published since, for a release that this one is not.
    #[error(
        "version {number} was published with the program of another release (schema {schema}), later than \
         what this one goes by; publish with that program, or, if that release is gone for good, \
         with --drop-other-releases"
    )]
    OtherProgram {
        /// The publication.
        number: u32,
        /// The release.
        schema: String,
    },
    /// There are as many publications as can be counted.
    #[error("the history is full, or its last line is forged")]
    Full,
    /// Who sits on what is kept as the model says: under another it would mean nothing.
    #[error("the pack changes what a seat is (`seats.model`), while people sit on some")]
    OtherSeats,
    /// It cannot be used at all.
    #[error("{0}")]
    Unsound(#[from] seatwise_policy::Finding),
    /// What is active could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// They could not be written.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// How things stand in a table.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The copy of the pointer that names the latest; none, if none can be read.
    pub pointer: Option<PolicyPointer>,
    /// Whether some copies are missing, unreadable, or name something else.
    pub is_damaged: bool,
    /// The last line of the history.
    pub head: Option<Publication>,
    /// The last line that is about what functions of this release go by, and no mere signature.
    pub last: Option<Publication>,
    /// The files of what functions of this release go by; or why they are not to be had.
    pub files: Option<Result<Files, String>>,
    /// The core schemas of the other releases that policies are kept for.
    pub others: BTreeMap<SchemaId, Core>,
}

/// How many lines of the history are looked at.
const RECENT: u32 = 20;

impl Standing {
    /// Reads it.
    pub async fn of(store: &Store) -> Result<Self, StoreError> {
        let copies = (0..POINTER_COPIES).map(RecordKey::PolicyPointer);
        let recent = Query::Publications(Page { limit: RECENT, after: None });
        let load = copies.clone().fold(Load::new().query(recent.clone()), Load::record);
        let loaded = store.load(&load).await?;
        let read: Vec<PolicyPointer> =
            copies.filter_map(|key| Some(loaded.get::<PolicyPointer>(&key)?.value)).collect();
        let lines: Vec<Publication> =
            loaded.list::<Publication>(&recent).into_iter().map(|stored| stored.value).collect();

        let head = lines.first().cloned();
        // A line and the pointer to it are written together. The line may be unreadable by now; a copy that
        // names what is farther off was not written by publishing.
        let most = head.as_ref().map_or(u32::MAX, |head| head.number.saturating_add(1));
        let is_likely = |copy: &&PolicyPointer| latest(copy) <= most && !copy.targets.is_empty();
        let pointer = read.iter().filter(is_likely).max_by_key(|copy| latest(copy)).cloned();
        let is_same = |copy: &PolicyPointer| {
            pointer.as_ref().is_some_and(|best| (&best.pack, &best.targets) == (&copy.pack, &copy.targets))
        };
        let is_damaged =
            !read.is_empty() && (read.len() < POINTER_COPIES.into() || !read.iter().all(is_same));

        let own = Core::current().id();
        let is_about =
            |line: &&Publication| line.deed != PublicationKind::SignedAnew && line.schemas.contains(&own);
        let last = lines.iter().find(is_about).cloned();
        let mut standing = Self { pointer, is_damaged, head, last, files: None, others: BTreeMap::new() };
        if let Some(target) = standing.active().cloned() {
            standing.files = Some(files(store, &target.version).await?);
        }
        standing.others = standing.read_others(store).await?;
        Ok(standing)
    }

    /// What functions of this release go by.
    pub fn active(&self) -> Option<&PolicyTarget> {
        self.pointer.as_ref()?.target(&Core::current().id())
    }

    /// The pack that the workspaces are of.
    pub fn pack(&self) -> Option<&str> {
        let head = self.head.as_ref().map(|head| head.pack.as_str());
        head.or(self.pointer.as_ref().map(|pointer| pointer.pack.as_str()))
    }

    /// The files that are active, if they can be read.
    pub fn active_files(&self) -> Option<&Files> {
        self.files.as_ref()?.as_ref().ok()
    }

    /// Whether what is active is signed with one of these keys; nothing, if nothing is active.
    pub fn is_signed(&self, trusted: &Keyring) -> Option<bool> {
        let pointer = self.pointer.as_ref()?;
        Some(trusted.has_signed(self.active()?, &pointer.pack))
    }

    /// What all releases go by, with the files of this one: if it is signed with one of these keys, whole, and
    /// there.
    pub fn require_signed(&self, trusted: &Keyring) -> Result<(&PolicyPointer, &Files), SignError> {
        let pointer = self.pointer.as_ref().ok_or(SignError::Missing)?;
        match pointer.targets.iter().find(|target| !trusted.has_signed(target, &pointer.pack)) {
            Some(target) => Err(SignError::Unsigned(target.number)),
            None => Ok((pointer, self.active_files().ok_or(SignError::Missing)?)),
        }
    }

    /// Whether functions of this release go by these files, and by all of their own: whole, signed, and
    /// in every copy.
    pub fn serves(&self, files: &Files, trusted: Option<&Keyring>) -> bool {
        let is_own = self.active().is_some_and(|active| active.schema == Core::current().id());
        let is_trusted = trusted.is_none_or(|trusted| self.is_signed(trusted) == Some(true));
        self.active_files() == Some(files) && is_own && !self.is_damaged && is_trusted
    }

    /// The number of the next publication.
    fn next(&self) -> Option<u32> {
        let last = self.head.as_ref().map_or(0, |head| head.number);
        last.max(self.pointer.as_ref().map_or(0, latest)).checked_add(1)
    }

    async fn read_others(&self, store: &Store) -> Result<BTreeMap<SchemaId, Core>, StoreError> {
        let own = Core::current().id();
        let targets = self.pointer.iter().flat_map(|pointer| &pointer.targets);
        let ids: Vec<SchemaId> =
            targets.map(|target| target.schema.clone()).filter(|schema| *schema != own).collect();
        let keys = ids.iter().cloned().map(RecordKey::PolicySchema);
        let loaded = store.load(&keys.clone().fold(Load::new(), Load::record)).await?;
        let read = keys.filter_map(|key| Some(loaded.get::<PolicySchema>(&key)?.value));
        let cores = read.map(|schema| (schema.id.clone(), Core::of(schema)));
        Ok(cores.filter(|(id, core)| core.id() == *id).collect())
    }
}

/// The last publication that a pointer names.
fn latest(pointer: &PolicyPointer) -> u32 {
    pointer.targets.iter().map(|target| target.number).max().unwrap_or(0)
}

/// The files of a version; or why they are not to be had.
pub async fn files(store: &Store, version: &PolicyVersion) -> Result<Result<Files, String>, StoreError> {
    let key = RecordKey::PolicyBundle(version.clone());
    let loaded = store.load(&Load::new().record(key.clone())).await?;
    let Some(bundle) = loaded.get::<PolicyBundle>(&key) else {
        return Ok(Err("its bundle is missing, or cannot be read".to_owned()));
    };
    let files = bundle.value.files;
    Ok(if seatwise_policy::version(&files) == *version {
        Ok(files)
    } else {
        Err("its bundle is not what its hash says: somebody has changed it".to_owned())
    })
}

/// The pack that is active; none if there is none that can be read.
pub async fn active_pack(store: &Store) -> Result<Option<Pack>, StoreError> {
    let standing = Standing::of(store).await?;
    let files = standing.active_files();
    Ok(files.and_then(|files| Some(Bundle::compile(files).ok()?.pack().clone())))
}

/// What somebody wants to be active.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The files.
    pub files: Files,
    /// What is done.
    pub deed: PublicationKind,
    /// Who.
    pub author: String,
    /// Why.
    pub message: String,
}

/// What is written to make it active.
#[derive(Clone, Debug)]
pub struct Step {
    publication: Publication,
    pointer: PolicyPointer,
    bundle: PolicyBundle,
    schema: PolicySchema,
    /// Other releases that cannot read it, and go on with what they have.
    pub left_behind: Vec<PolicyTarget>,
    /// What takes a confirmation of its own.
    pub frame_changes: Vec<FrameChange>,
}

impl Step {
    /// The number that it will have.
    pub fn number(&self) -> u32 {
        self.publication.number
    }
}

/// What is to be written so that the draft is active, over how things stand. `keeps_others`: releases that
/// cannot read it go on with what they have, instead of with the recovery floor.
pub fn step(
    standing: &Standing,
    draft: Draft,
    keeps_others: bool,
    now: Timestamp,
) -> Result<Step, PublishError> {
    let Draft { files, deed, author, message } = draft;
    let pack = Bundle::compile(&files)?.pack().clone();
    if let Some(has) = standing.pack().filter(|has| *has != pack.name) {
        return Err(PublishError::OtherPack { has: has.to_owned() });
    }
    let frame_before = standing.head.as_ref().map(|head| &head.frame);
    let frame = frame(frame_before, &pack)?;
    if keeps_others {
        require_latest_program(standing)?;
    }

    let core = Core::current();
    let version = seatwise_policy::version(&files);
    let others = standing.pointer.iter().flat_map(|pointer| &pointer.targets);
    let others = others.filter(|target| target.schema != core.id());
    let can_read = |target: &&PolicyTarget| {
        let other = standing.others.get(&target.schema);
        other.is_some_and(|other| core.knows(other) && seatwise_policy::is_readable(other, &files))
    };
    let (along, behind): (Vec<&PolicyTarget>, Vec<&PolicyTarget>) = others.partition(can_read);

    let schemas = [core.id()].into_iter().chain(along.iter().map(|target| target.schema.clone()));
    let before = standing.active().map(|active| active.version.clone()).filter(|before| *before != version);
    let before = before.or_else(|| standing.active().and_then(|active| active.before.clone()));
    let publication = Publication {
        number: standing.next().ok_or(PublishError::Full)?,
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
    // Of more releases than there can be at once the oldest are over.
    targets.sort_by_key(|target| std::cmp::Reverse((target.schema == core.id(), target.number)));
    targets.truncate(MAX_TARGETS);
    Ok(Step {
        pointer: PolicyPointer { copy: 0, pack: pack.name.clone(), targets },
        bundle: PolicyBundle { version, pack: pack.name.clone(), files },
        schema: core.to_record(),
        frame_changes: frame_before.map(|before| frame_changes(before, &pack)).unwrap_or_default(),
        left_behind: behind.into_iter().cloned().collect(),
        publication,
    })
}

/// An older program must not take its own version for the latest, and give it to those who have a later one.
fn require_latest_program(standing: &Standing) -> Result<(), PublishError> {
    let own = standing.active().map_or(0, |active| active.number);
    let mut targets = standing.pointer.iter().flat_map(|pointer| &pointer.targets);
    match targets.find(|target| target.number > own) {
        Some(later) => {
            Err(PublishError::OtherProgram { number: later.number, schema: later.schema.0.clone() })
        }
        None => Ok(()),
    }
}

/// Signs it with the key and writes it, unless somebody else has published meanwhile.
pub async fn commit(store: &Store, step: Step, key: &SigningKey) -> Result<Publication, CommitError> {
    let Step { mut publication, mut pointer, bundle, schema, .. } = step;
    let is_new = |target: &PolicyTarget| target.number == publication.number;
    let targets = pointer.targets.into_iter();
    pointer.targets = targets
        .map(|target| if is_new(&target) { key.sign(target, &publication.pack) } else { target })
        .collect();
    if let Some(target) = pointer.targets.iter().find(|target| target.number == publication.number) {
        publication.signature = target.signature.clone();
    }
    store.publish(&publication, &pointer, &bundle, &schema).await?;
    Ok(publication)
}

/// Why what is active is not signed anew.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// It is not known to be what somebody published who may.
    #[error(
        "the active policies, version {0}, are not signed by a key of this stack, so nothing was changed; \
         publish policies that you know to be good first"
    )]
    Unsigned(u32),
    /// There is nothing to sign.
    #[error("the active policies are missing, or their history")]
    Missing,
    /// It could not be written.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// Signs what is active with another key: for every release, each what it has. Only what was signed with
/// one of these keys.
pub async fn sign_anew(
    store: &Store,
    standing: &Standing,
    trusted: &Keyring,
    key: &SigningKey,
    author: &str,
    now: Timestamp,
) -> Result<(), SignError> {
    let (pointer, files) = standing.require_signed(trusted)?;
    let (Some(head), Some(number), Some(active)) = (&standing.head, standing.next(), standing.active())
    else {
        return Err(SignError::Missing);
    };
    let targets = pointer.targets.iter().map(|target| key.sign(target.clone(), &pointer.pack)).collect();
    let line = Publication {
        number,
        version: active.version.clone(),
        before: active.before.clone(),
        deed: PublicationKind::SignedAnew,
        author: author.to_owned(),
        at: now,
        message: "signed with a new key".to_owned(),
        ..head.clone()
    };
    let signed = key.sign(seatwise_policy::target(&line, &Core::current().id()), &line.pack);
    let line = Publication { signature: signed.signature, ..line };
    let bundle =
        PolicyBundle { version: active.version.clone(), pack: pointer.pack.clone(), files: files.clone() };
    let pointer = PolicyPointer { targets, ..pointer.clone() };
    Ok(store.publish(&line, &pointer, &bundle, &Core::current().to_record()).await?)
}

/// What of this pack is kept with the history, over what was; which it may not contradict, nor lack a role
/// that governs.
pub fn frame(before: Option<&PackBaseline>, pack: &Pack) -> Result<PackBaseline, PublishError> {
    let mut frame = before.cloned().unwrap_or_default();
    if before.is_some() && frame.seats != pack.seats.model {
        return Err(PublishError::OtherSeats);
    }
    frame.seats = pack.seats.model;
    for role in frame.roles.values_mut() {
        role.is_there = false;
    }
    for role in &pack.roles {
        let now = frame_of(role);
        let was = frame.roles.insert(role.id.clone(), now.clone());
        if was.is_some_and(|was| (was.governing, was.seat) != (now.governing, now.seat)) {
            return Err(PublishError::OtherFrame { role: role.id.clone() });
        }
    }
    if let Some((role, _)) = frame.roles.iter().find(|(_, role)| role.governing && !role.is_there) {
        return Err(PublishError::NoGovernor { role: role.clone() });
    }
    for is_there in frame.tiers.values_mut() {
        *is_there = false;
    }
    frame.tiers.extend(pack.seats.tiers.iter().map(|tier| (tier.id.clone(), true)));
    frame.given = given(pack);
    Ok(frame)
}

fn frame_of(role: &Role) -> RoleBaseline {
    RoleBaseline {
        is_there: true,
        governing: role.governing,
        seat: role.seat,
        rank: role.rank,
        staff: role.staff,
        includes: role.includes.clone(),
    }
}

fn given(pack: &Pack) -> BTreeMap<String, RoleId> {
    let given = pack.roles_given.clone();
    let always =
        [("creator", Some(given.creator)), ("joiner", Some(given.joiner)), ("seatless", given.seatless)];
    always.into_iter().filter_map(|(what, role)| Some((what.to_owned(), role?))).collect()
}

/// A change that the guardrails, or people who are there, rest on: it takes a confirmation of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameChange {
    /// The role or tier.
    pub name: String,
    /// What it was and what it will be, in words.
    pub what: String,
}

/// What changes of the frame that the history keeps: who stands above whom, who may hold sensitive powers,
/// who has what another has, who newcomers become; and who or what is gone, or can never go again.
pub fn frame_changes(before: &PackBaseline, after: &Pack) -> Vec<FrameChange> {
    let mut changes = Vec::new();
    let mut note = |name: &str, what: String| changes.push(FrameChange { name: name.to_owned(), what });
    for (id, was) in &before.roles {
        match after.role(id) {
            None if was.is_there => note(id.as_str(), GONE.to_owned()),
            None => {}
            Some(now) => {
                for what in differences(was, &frame_of(now)) {
                    note(id.as_str(), what);
                }
            }
        }
    }
    for role in after.roles.iter().filter(|role| role.governing && !before.roles.contains_key(&role.id)) {
        note(role.id.as_str(), "is new, and governs: it can never be dropped again".to_owned());
    }
    for (id, _) in before.tiers.iter().filter(|(id, is_there)| **is_there && after.tier(id).is_none()) {
        note(
            &id.to_string(),
            "is gone: who sits on a seat of this tier sits on none, until it is back".to_owned(),
        );
    }
    let is = given(after);
    for what in ["creator", "joiner", "seatless"] {
        let (was, is) = (before.given.get(what), is.get(what));
        if was != is
            && let Some(role) = is.or(was)
        {
            let name = |role: Option<&RoleId>| role.map_or("nobody".to_owned(), ToString::to_string);
            note(role.as_str(), format!("roles-given.{what}: {} → {}", name(was), name(is)));
        }
    }
    changes
}

const GONE: &str = "is gone: whoever holds it may do nothing, and nobody can act on them, until it is back";

fn differences(was: &RoleBaseline, is: &RoleBaseline) -> Vec<String> {
    let includes =
        |role: &RoleBaseline| role.includes.as_ref().map_or("nothing".to_owned(), ToString::to_string);
    [
        (was.rank != is.rank, format!("rank {} → {}", was.rank, is.rank)),
        (was.staff != is.staff, format!("staff {} → {}", was.staff, is.staff)),
        (was.includes != is.includes, format!("includes {} → {}", includes(was), includes(is))),
    ]
    .into_iter()
    .filter_map(|(differs, what)| differs.then_some(what))
    .collect()
}

/// One line of at most so many characters.
fn shortened(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(most).collect()
}
