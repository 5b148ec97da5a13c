//! Makes policies the active ones of a table: the local server's, or a deployed stack's.
//!
//! One reads how things stand ([`Standing::of`]), decides what is to be written ([`step`]), and writes it
//! ([`commit`]): who has published in between is found by the number of the publication, which both took.

use std::collections::BTreeMap;

use jiff::Timestamp;
use seatwise_domain::pack::Role;
use seatwise_domain::policy::{
    Deed, MAX_TARGETS, POINTER_COPIES, PolicyBundle, PolicyPointer, PolicySchema, PolicySignature,
    PolicyTarget, PolicyVersion, Publication, RoleFrame, SchemaId,
};
use seatwise_domain::record::RecordKey;
use seatwise_domain::{Pack, RoleId};
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
    #[error("the workspaces here are of the pack {has}")]
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
    /// The files of what functions of this release go by; or why they are not to be had.
    pub files: Option<Result<Files, String>>,
    /// The core schemas of the other releases that policies are kept for.
    pub others: BTreeMap<SchemaId, Core>,
}

impl Standing {
    /// Reads it.
    pub async fn of(store: &Store) -> Result<Self, StoreError> {
        let copies = (0..POINTER_COPIES).map(RecordKey::PolicyPointer);
        let last = Query::Publications(Page { limit: 1, after: None });
        let load = copies.clone().fold(Load::new().query(last.clone()), Load::record);
        let loaded = store.load(&load).await?;
        let read: Vec<PolicyPointer> =
            copies.filter_map(|key| Some(loaded.get::<PolicyPointer>(&key)?.value)).collect();
        let pointer = read.iter().max_by_key(|copy| copy.targets.iter().map(|it| it.number).max()).cloned();
        let is_same = |copy: &PolicyPointer| {
            pointer.as_ref().is_some_and(|best| (&best.pack, &best.targets) == (&copy.pack, &copy.targets))
        };
        let is_damaged =
            !read.is_empty() && (read.len() < POINTER_COPIES.into() || !read.iter().all(is_same));
        let head = loaded.list::<Publication>(&last).into_iter().next().map(|stored| stored.value);

        let mut standing = Self { pointer, is_damaged, head, files: None, others: BTreeMap::new() };
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
        let pointed = self.pointer.as_ref().map(|pointer| pointer.pack.as_str());
        pointed.or(self.head.as_ref().map(|head| head.pack.as_str()))
    }

    /// The files that are active, if they can be read.
    pub fn active_files(&self) -> Option<&Files> {
        self.files.as_ref()?.as_ref().ok()
    }

    async fn read_others(&self, store: &Store) -> Result<BTreeMap<SchemaId, Core>, StoreError> {
        let own = Core::current().id();
        let targets = self.pointer.iter().flat_map(|pointer| &pointer.targets);
        let ids: Vec<SchemaId> =
            targets.map(|target| target.schema.clone()).filter(|schema| *schema != own).collect();
        let keys = ids.iter().cloned().map(RecordKey::PolicySchema);
        let loaded = store.load(&keys.clone().fold(Load::new(), Load::record)).await?;
        let read = keys.filter_map(|key| Some(loaded.get::<PolicySchema>(&key)?.value));
        Ok(read.map(|schema| (schema.id.clone(), Core::of(schema))).collect())
    }
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
    pub deed: Deed,
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
    require_same_seats(standing, &pack)?;
    let roles = roles(standing.head.as_ref(), &pack)?;

    let core = Core::current();
    let version = seatwise_policy::version(&files);
    let others = standing.pointer.iter().flat_map(|pointer| &pointer.targets);
    let others = others.filter(|target| target.schema != core.id());
    let can_read = |target: &&PolicyTarget| {
        let other = standing.others.get(&target.schema);
        other.is_some_and(|other| core.knows(other) && Bundle::compile_under(other, &files).is_ok())
    };
    let (along, behind): (Vec<&PolicyTarget>, Vec<&PolicyTarget>) = others.partition(can_read);

    let schemas = [core.id()].into_iter().chain(along.iter().map(|target| target.schema.clone()));
    let before = standing.active().map(|active| active.version.clone()).filter(|before| *before != version);
    let before = before.or_else(|| standing.active().and_then(|active| active.before.clone()));
    let publication = Publication {
        number: standing.head.as_ref().map_or(0, |head| head.number) + 1,
        version: version.clone(),
        before,
        deed,
        pack: pack.name.clone(),
        schemas: schemas.collect(),
        author: shortened(&author, MAX_AUTHOR),
        at: now,
        message: shortened(&message, MAX_MESSAGE),
        roles,
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
        bundle: PolicyBundle { version, pack: pack.name, files },
        schema: core.to_record(),
        left_behind: behind.into_iter().cloned().collect(),
        publication,
    })
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

/// Signs what is active with another key: for every release, each what it has.
pub async fn sign_anew(
    store: &Store,
    standing: &Standing,
    key: &SigningKey,
    author: &str,
    now: Timestamp,
) -> Result<(), PublishError> {
    let (Some(files), Some(head)) = (standing.active_files(), &standing.head) else { return Ok(()) };
    let draft = Draft {
        files: files.clone(),
        deed: Deed::SignedAnew,
        author: author.to_owned(),
        message: "signed with a new key".to_owned(),
    };
    let mut step = step(standing, draft, true, now)?;
    let pack = &head.pack;
    for target in step.pointer.targets.iter_mut().filter(|target| target.number != step.publication.number) {
        *target = key.sign(target.clone(), pack);
    }
    commit(store, step, key).await?;
    Ok(())
}

fn require_same_seats(standing: &Standing, pack: &Pack) -> Result<(), PublishError> {
    let before = standing.active_files().and_then(|files| Bundle::compile(files).ok());
    match before {
        Some(before) if before.pack().seats.model != pack.seats.model => Err(PublishError::OtherSeats),
        _ => Ok(()),
    }
}

/// Every role there has ever been, with those of this pack; which may not contradict the ones before, nor
/// lack one that governs.
fn roles(head: Option<&Publication>, pack: &Pack) -> Result<BTreeMap<RoleId, RoleFrame>, PublishError> {
    let mut roles = head.map(|head| head.roles.clone()).unwrap_or_default();
    for role in &pack.roles {
        let frame = RoleFrame { governing: role.governing, seat: role.seat };
        match roles.insert(role.id.clone(), frame.clone()) {
            Some(before) if before != frame => {
                return Err(PublishError::OtherFrame { role: role.id.clone() });
            }
            _ => {}
        }
    }
    let dropped = roles.iter().find(|(id, frame)| frame.governing && pack.role(id).is_none());
    match dropped {
        Some((role, _)) => Err(PublishError::NoGovernor { role: role.clone() }),
        None => Ok(roles),
    }
}

/// A change that the guardrails rest on, so that it takes a confirmation of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameChange {
    /// The role.
    pub role: RoleId,
    /// What it was and what it will be, in words.
    pub what: String,
}

/// What of the roles' frames changes: who stands above whom, who may hold sensitive powers, who has what
/// another has, who is gone, and who newcomers become.
pub fn frame_changes(before: &Pack, after: &Pack) -> Vec<FrameChange> {
    let mut changes = Vec::new();
    let mut note = |role: &RoleId, what: String| changes.push(FrameChange { role: role.clone(), what });
    for role in &before.roles {
        match after.role(&role.id) {
            None => note(
                &role.id,
                "is gone: whoever holds it may do nothing, and nobody can act on them, until it is back"
                    .to_owned(),
            ),
            Some(now) => differences(role, now).into_iter().for_each(|what| note(&role.id, what)),
        }
    }
    let given = |pack: &Pack| {
        let given = pack.roles_given.clone();
        [("creator", Some(given.creator)), ("joiner", Some(given.joiner)), ("seatless", given.seatless)]
    };
    for ((what, was), (_, is)) in given(before).into_iter().zip(given(after)) {
        if was != is
            && let Some(role) = is.as_ref().or(was.as_ref())
        {
            let name = |role: &Option<RoleId>| role.as_ref().map_or("nobody".to_owned(), ToString::to_string);
            note(role, format!("roles-given.{what}: {} → {}", name(&was), name(&is)));
        }
    }
    changes
}

fn differences(was: &Role, is: &Role) -> Vec<String> {
    let includes = |role: &Role| role.includes.as_ref().map_or("nothing".to_owned(), ToString::to_string);
    [
        (was.rank != is.rank, format!("rank {} → {}", was.rank, is.rank)),
        (was.staff != is.staff, format!("staff {} → {}", was.staff, is.staff)),
        (was.governing != is.governing, format!("governing {} → {}", was.governing, is.governing)),
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
