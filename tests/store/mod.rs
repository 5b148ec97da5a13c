//! The store against the embedded engine, or the one that `SEATWISE_TEST_DYNAMODB` names.

mod api_keys;
mod billing;
mod calls;
mod conditions;
mod events;
mod items;
mod lists;
mod mails;
mod newer_release;
mod pending;
mod resources;

use std::collections::BTreeMap;

use crate::support::reading::{Load, ReadByKey as _};
use jiff::Timestamp;
use seatwise_domain::pack::{AddOnId, AllowanceId};
use seatwise_domain::{
    AddressMark, AddressOwner, Change, Coordinator, Count, CountChange, DeclineMark, Delivery,
    DeliveryStatus, Delta, Departure, DomainCheck, DomainClaim, DomainName, EarlierMail, EmailAddress,
    EmailSlot, FormerAddress, FromRecord, IanaTimeZone, ImageKind, Invitation, InvitationId, InvitationMail,
    InvitationState, JoinedWorkspace, LeaveRequest, LeaveRequestId, LeaveState, LogoImage, LogoRef,
    MailSender, MailUse, MakerStamp, Member, MembershipCount, Money, Occupant, PackBaseline, PaidPeriod,
    PastPersons, PastRole, PendingInvitation, PolicyBundle, PolicyPointer, PolicySchema, PolicySignature,
    PolicyVersion, Publication, PublicationKind, PurchaseId, QuotaName, QuotaSubject, QuotaUse, QuotaWindow,
    Receipt, Record, RecordKey, RoleId, RoleLink, SchemaId, Seat, SeatHold, SeatId, SeatTerm, Seating,
    SettingOverrides, Stored, Tally, Task, TaskId, TaskKind, TierId, TimeZoneName, User, UserId,
    VerifiedDomain, Version, Workspace, WorkspaceDeletion, WorkspaceEntry, WorkspaceId,
};
use seatwise_store::{CommitError, Cursor, RangeQuery, Store};
use uuid::Uuid;

const WORKSPACE: WorkspaceId = WorkspaceId(uuid(1));
const OTHER_WORKSPACE: WorkspaceId = WorkspaceId(uuid(2));
const USER: UserId = UserId(uuid(3));
const OTHER_USER: UserId = UserId(uuid(4));
const SEAT: SeatId = SeatId(uuid(5));
const OTHER_SEAT: SeatId = SeatId(uuid(6));
const INVITATION: InvitationId = invitation_id(7);
const OTHER_INVITATION: InvitationId = invitation_id(8);
const LEAVE: LeaveRequestId = LeaveRequestId { user: USER, serial: uuid(9) };

/// Sorts by number, as serials sort by time.
const fn uuid(number: u64) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number as u128)
}

const fn invitation_id(number: u64) -> InvitationId {
    InvitationId { workspace: WORKSPACE, serial: uuid(number) }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("a moment")
}

fn address() -> EmailAddress {
    EmailAddress::try_from("Tea.Mate@Bücher.example".to_owned()).expect("an address")
}

fn text<T: TryFrom<String, Error: std::fmt::Debug>>(text: &str) -> T {
    T::try_from(text.to_owned()).expect("a text")
}

fn zone(name: &str) -> TimeZoneName {
    text::<IanaTimeZone>(name).into()
}

fn user(id: UserId) -> User {
    User {
        id,
        email: None,
        email_verified: None,
        first_name: None,
        last_name: None,
        timezone: None,
        current_workspace: None,
        created_at: at(0),
    }
}

fn workspace() -> Workspace {
    Workspace {
        id: WORKSPACE,
        name: text("東京オフィス"),
        creator: USER,
        made_by: None,
        timezone: None,
        default_flow_theme: None,
        plan: "free".to_owned(),
        extras: BTreeMap::new(),
        paid: None,
        settings: None,
        logo: None,
        created_at: at(0),
    }
}

fn member(user: UserId) -> Member {
    Member {
        workspace: WORKSPACE,
        user,
        role: RoleId("owner".to_owned()),
        seat: Seating::None,
        email: None,
        email_verified: false,
        slot: None,
        first_name: None,
        last_name: None,
        joined_at: at(0),
        pending_leave: None,
        role_since: None,
        past_roles: Vec::new(),
        held_until: None,
    }
}

fn term(ends: Option<i64>) -> SeatTerm {
    SeatTerm { anchor: at(0), ends: ends.map(at) }
}

fn hold(ends: Option<i64>) -> SeatHold {
    SeatHold { seat: SEAT, tier: TierId("pro".to_owned()), term: term(ends) }
}

fn money() -> Money {
    Money { amount: 1999, currency: "EUR".to_owned() }
}

fn seat(id: SeatId) -> Seat {
    Seat {
        workspace: WORKSPACE,
        id,
        tier: TierId("pro".to_owned()),
        occupant: Occupant::Nobody,
        reserved_until: None,
        term: term(None),
        price: money(),
        add_ons: BTreeMap::new(),
        bought_at: at(0),
        purchase: None,
    }
}

fn invitation(id: InvitationId) -> Invitation {
    Invitation {
        id,
        email: None,
        role: RoleId("member".to_owned()),
        seat: None,
        generation: 1,
        state: InvitationState::Pending,
        expires_at: None,
        invited_by: USER,
        inviter_name: None,
        maker: None,
        invited_at: at(0),
        deliveries: Vec::new(),
        declined: None,
    }
}

fn slot() -> EmailSlot {
    EmailSlot {
        workspace: WORKSPACE,
        email: address().key(),
        pending: None,
        member: None,
        left: false,
        left_at: None,
        declined: None,
    }
}

fn pending(invitation: InvitationId, expires_at: Option<i64>) -> PendingInvitation {
    PendingInvitation {
        invitation,
        workspace_name: text("Acme"),
        logo: None,
        role: RoleId("member".to_owned()),
        invited_at: at(0),
        made_at: Some(at(0)),
        expires_at: expires_at.map(at),
        seat: None,
        invited_by: None,
        inviter_name: None,
        maker_role: None,
    }
}

fn stamp(since: Option<i64>) -> MakerStamp {
    MakerStamp { role: RoleId("owner".to_owned()), since: since.map(at), at: at(2) }
}

fn leave_request(state: LeaveState) -> LeaveRequest {
    LeaveRequest { workspace: WORKSPACE, id: LEAVE, reason: None, asked_at: at(0), state }
}

fn receipt() -> Receipt {
    Receipt {
        user: USER,
        operation: "create-workspace".to_owned(),
        key: "0a1b".to_owned(),
        request: "2c3d".to_owned(),
        status: 201,
        body: String::new(),
        expires_at: at(86_400),
    }
}

fn tally(members: i64) -> Record {
    Record::Tally(Tally { members, governors: 1, seats: 5, ..Tally::empty(WORKSPACE) })
}

fn bundle(files: &[(&str, &str)]) -> PolicyBundle {
    let files = files.iter().map(|(path, content)| ((*path).to_owned(), (*content).to_owned()));
    PolicyBundle {
        version: PolicyVersion("beef".to_owned()),
        pack: "purchased-seats".to_owned(),
        files: files.collect::<BTreeMap<_, _>>(),
    }
}

fn publication(number: u32) -> Publication {
    Publication {
        number,
        version: PolicyVersion("beef".to_owned()),
        before: None,
        deed: PublicationKind::Published,
        pack: "purchased-seats".to_owned(),
        schemas: vec![schema().id],
        author: "ada".to_owned(),
        at: at(0),
        message: String::new(),
        frame: PackBaseline::default(),
        signature: PolicySignature { key: 1, bytes: "feed".to_owned() },
    }
}

fn schema() -> PolicySchema {
    PolicySchema {
        id: SchemaId("c0de".to_owned()),
        text: "entity User;".to_owned(),
        format: 1,
        settings: vec!["role.id".to_owned()],
    }
}

fn pointer(copy: u8, publication: &Publication) -> PolicyPointer {
    let targets = vec![seatwise_policy::target(publication, &schema().id)];
    PolicyPointer { copy, pack: publication.pack.clone(), targets }
}

fn task(id: u64, invitation: InvitationId) -> Task {
    let kind = TaskKind::Mail(InvitationMail { invitation, inviter: USER });
    Task::new(TaskId(uuid(id)), kind, at(0))
}

/// Every kind of record, with all that can be absent absent.
fn bare_records() -> Vec<Record> {
    let mut records = bare_others();
    records.extend(billing::bare_records());
    records.push(Record::LogEvent(events::bare_event()));
    records.extend(events::bare_seals());
    records.extend(api_keys::bare_records());
    records.extend(resources::bare_records());
    records
}

fn bare_others() -> Vec<Record> {
    vec![
        Record::User(user(USER)),
        Record::JoinedWorkspace(JoinedWorkspace::of(&member(USER))),
        Record::Workspace(workspace()),
        tally(1),
        Record::Member(member(USER)),
        Record::Seat(seat(SEAT)),
        Record::Invitation(invitation(INVITATION)),
        Record::EmailSlot(slot()),
        Record::LeaveRequest(leave_request(LeaveState::Pending)),
        Record::Receipt(receipt()),
        Record::Task(task(30, INVITATION)),
        Record::EarlierMail(EarlierMail {
            id: TaskId(uuid(32)),
            invitation: INVITATION,
            attempts: 0,
            due_at: at(0),
            trace: None,
        }),
        Record::PolicyPointer(pointer(15, &publication(1))),
        Record::PolicyBundle(bundle(&[])),
        Record::PolicySchema(schema()),
        Record::Publication(publication(1)),
        Record::Departure(Departure { workspace: WORKSPACE, user: USER, email: None, at: None }),
        Record::FormerAddress(FormerAddress { workspace: WORKSPACE, email: address().key() }),
        Record::AddressOwner(AddressOwner { email: address().key(), user: USER }),
        Record::PastPersons(PastPersons { sign_in: USER, persons: vec![OTHER_USER] }),
        Record::MembershipCount(MembershipCount { user: USER, workspaces: 2, created: 1 }),
        Record::QuotaUse(QuotaUse {
            workspace: WORKSPACE,
            quota: QuotaName::EmailInvitations,
            subject: QuotaSubject::Workspace,
            window: "lifetime".to_owned(),
            used: 3,
            ends: None,
        }),
        Record::MailUse(mails(BTreeMap::new())),
        Record::RoleLink(link()),
        Record::DomainClaim(claim()),
        Record::VerifiedDomain(VerifiedDomain { domain: domain(), workspace: WORKSPACE }),
        Record::DomainCheck(DomainCheck { domain: domain(), workspace: WORKSPACE, until: at(9), due: None }),
        Record::Coordinator(Coordinator::nobody(WORKSPACE)),
        Record::LogoImage(LogoImage {
            workspace: WORKSPACE,
            key: uuid(50),
            version: 1,
            kind: ImageKind::Png,
            bytes: Vec::new(),
        }),
        Record::WorkspaceDeletion(WorkspaceDeletion { workspace: WORKSPACE, since: at(0) }),
        Record::WorkspaceEntry(WorkspaceEntry { workspace: WORKSPACE }),
    ]
}

fn mails(to: BTreeMap<AddressMark, u32>) -> MailUse {
    MailUse {
        sender: MailSender::Workspace(WORKSPACE),
        day: "2027-01-15".to_owned(),
        used: to.values().sum(),
        to,
        ends: at(86_400),
    }
}

fn domain() -> DomainName {
    DomainName::of(&address())
}

fn link() -> RoleLink {
    RoleLink {
        workspace: WORKSPACE,
        role: RoleId("member".to_owned()),
        generation: 1,
        open: true,
        made_by: USER,
        made_at: at(0),
        maker: None,
    }
}

fn claim() -> DomainClaim {
    DomainClaim::new(WORKSPACE, domain(), "f00d".to_owned(), USER, at(0))
}

/// Every kind of record that can hold more, with all of it.
fn full_records() -> Vec<Record> {
    let mut records = full_people();
    records.extend(full_places());
    records.extend(billing::full_records());
    records.extend(events::full_events().map(Record::LogEvent));
    records.extend(events::full_seals());
    records.extend(api_keys::full_records());
    records.push(resources::full_record());
    records
}

/// People and what is theirs.
fn full_people() -> Vec<Record> {
    let names = (Some(text("Ada")), Some(text("O'Neill & Söhne")));
    let full_user = User {
        email: Some(address()),
        email_verified: Some(true),
        first_name: names.0.clone(),
        last_name: names.1.clone(),
        timezone: Some(zone("Europe/Berlin")),
        current_workspace: Some(WORKSPACE),
        ..user(USER)
    };
    let full_member = Member {
        seat: Seating::Seat(hold(Some(9))),
        email: Some(address()),
        email_verified: true,
        slot: Some(address().key()),
        first_name: names.0,
        last_name: names.1,
        pending_leave: Some(LEAVE),
        role_since: Some(at(5)),
        past_roles: vec![PastRole { role: RoleId("member".to_owned()), until: at(5) }],
        ..member(USER)
    };
    let delivery =
        Delivery { mail: TaskId(uuid(30)), status: DeliveryStatus::Retrying, at: at(1), attempts: 2 };
    let cancelled = Delivery { status: DeliveryStatus::Cancelled, ..delivery.clone() };
    let full_invitation = Invitation {
        email: Some(address()),
        seat: Some(hold(Some(9))),
        state: InvitationState::Accepted { by: OTHER_USER, at: at(3) },
        expires_at: Some(at(4)),
        maker: Some(stamp(Some(1))),
        deliveries: vec![delivery, cancelled],
        declined: Some(DeclineMark { at: at(2), not_again: false }),
        ..invitation(INVITATION)
    };
    vec![
        Record::User(full_user),
        Record::Member(full_member),
        Record::Member(Member { seat: Seating::FreeSlot, ..member(OTHER_USER) }),
        Record::Invitation(full_invitation),
        Record::EmailSlot(EmailSlot {
            pending: Some(PendingInvitation {
                seat: Some(SEAT),
                invited_by: Some(USER),
                maker_role: Some(RoleId("owner".to_owned())),
                ..pending(INVITATION, Some(5))
            }),
            member: Some(USER),
            declined: Some(DeclineMark { at: at(2), not_again: true }),
            left: true,
            left_at: Some(at(6)),
            ..slot()
        }),
        Record::Departure(Departure {
            workspace: WORKSPACE,
            user: USER,
            email: Some(address().key()),
            at: Some(at(7)),
        }),
        Record::MailUse(MailUse {
            sender: MailSender::Person(USER),
            ..mails(BTreeMap::from([(AddressMark::of(&address().key()), 3)]))
        }),
    ]
}

/// What a workspace has, and policies.
fn full_places() -> Vec<Record> {
    let said = Some(text("Because.\nTwice."));
    let denied = LeaveState::Denied { by: OTHER_USER, at: at(1), reason: said.clone() };
    vec![
        Record::Workspace(Workspace {
            timezone: Some(zone("America/Argentina/Buenos_Aires")),
            default_flow_theme: Some(text("Dark")),
            settings: Some(SettingOverrides { auto_assign_seats: Some(false) }),
            logo: Some(LogoRef { key: uuid(50), version: 3 }),
            made_by: Some(USER),
            extras: BTreeMap::from([(AllowanceId("members".to_owned()), 2)]),
            paid: Some(PaidPeriod { start: at(0), end: at(9), lapses_at: Some(at(9)) }),
            ..workspace()
        }),
        Record::Seat(Seat {
            occupant: Occupant::Invitation(INVITATION),
            reserved_until: Some(at(7)),
            term: term(Some(8)),
            add_ons: BTreeMap::from([(AddOnId("extra".to_owned()), 2)]),
            purchase: Some(PurchaseId(uuid(20))),
            ..seat(SEAT)
        }),
        Record::RoleLink(RoleLink { maker: Some(stamp(Some(1))), ..link() }),
        Record::LeaveRequest(LeaveRequest { reason: said, ..leave_request(denied) }),
        Record::DomainClaim(DomainClaim {
            verified_at: Some(at(1)),
            vouched: true,
            missing_since: Some(at(2)),
            expired_at: Some(at(3)),
            ..claim()
        }),
        Record::QuotaUse(QuotaUse {
            workspace: WORKSPACE,
            quota: QuotaName::EmailInvitations,
            subject: QuotaSubject::Member(USER),
            window: "2026-11-22".to_owned(),
            used: 3,
            ends: Some(at(9)),
        }),
        Record::Coordinator(Coordinator {
            workspace: WORKSPACE,
            name: Some(text("Kim")),
            email: Some(address()),
            phone: Some(text("+49 30 901820")),
            notes: Some(text("Mondays.\nTuesdays.")),
        }),
        Record::LogoImage(LogoImage {
            workspace: WORKSPACE,
            key: uuid(50),
            version: 7,
            kind: ImageKind::Webp,
            bytes: (0..=255).collect(),
        }),
        Record::PolicyBundle(bundle(&[("product.toml", "name = 'x'"), ("a/b.cedar", "")])),
    ]
}

/// The other states of what has states.
fn other_states() -> Vec<Record> {
    let approved = LeaveState::Approved { by: OTHER_USER, at: at(1), reason: None };
    let withdrawn = LeaveRequestId { user: USER, serial: uuid(41) };
    let mut records = vec![
        Record::Seat(Seat { occupant: Occupant::Member(USER), ..seat(SEAT) }),
        Record::Invitation(Invitation {
            state: InvitationState::Revoked { at: at(1) },
            ..invitation(INVITATION)
        }),
        Record::Invitation(Invitation {
            state: InvitationState::Declined { at: at(1) },
            ..invitation(OTHER_INVITATION)
        }),
        Record::LeaveRequest(leave_request(approved)),
        Record::LeaveRequest(LeaveRequest {
            id: withdrawn,
            ..leave_request(LeaveState::Withdrawn { at: at(1) })
        }),
    ];
    records.extend(billing::other_states());
    records
}

async fn create(store: &Store, records: impl IntoIterator<Item = Record>) {
    let changes: Vec<_> = records.into_iter().map(Change::Create).collect();
    for changes in changes.chunks(100) {
        store.commit_without_events(changes).await.expect("created");
    }
}

async fn get<T: FromRecord>(store: &Store, key: &RecordKey) -> Option<Stored<T>> {
    let loaded = store.load(&Load::new().record(key.clone())).await.expect("loaded");
    loaded.get(key)
}

/// A record as it was read at a version.
fn stored<T>(value: T, version: u64) -> Stored<T> {
    Stored { value, version: Version(version) }
}

/// The record that a change of an existing record leaves behind.
async fn value<T: FromRecord>(store: &Store, key: &RecordKey) -> T {
    get(store, key).await.expect("there").value
}

/// The record under the same key, of the same type.
async fn read_back(store: &Store, record: &Record) -> Option<(Record, Version)> {
    let key = record.key();
    macro_rules! read {
        ($($variant:ident),*) => {
            match record {
                $(Record::$variant(_) => {
                    get(store, &key).await.map(|found| (Record::$variant(found.value), found.version))
                })*
            }
        };
    }
    read!(
        ApiKey,
        ApiKeyEntry,
        ApiKeyUse,
        UnsealedLog,
        User,
        Tally,
        Coordinator,
        JoinedWorkspace,
        Workspace,
        Member,
        Seat,
        Purchase,
        BillingAccount,
        BillingCheck,
        StripeCustomer,
        Credits,
        CreditEntry,
        Invitation,
        EmailSlot,
        EventDigest,
        LeaveRequest,
        Receipt,
        Task,
        EarlierMail,
        PolicyPointer,
        PolicyBundle,
        PolicySchema,
        Publication,
        Departure,
        FormerAddress,
        AddressOwner,
        PastPersons,
        MembershipCount,
        QuotaUse,
        MailUse,
        RoleLink,
        DomainClaim,
        VerifiedDomain,
        DomainCheck,
        LogoImage,
        LogEvent,
        WorkspaceResource,
        ResourceCount,
        WorkspaceDeletion,
        WorkspaceEntry
    )
}

#[track_caller]
fn assert_conflict(result: &Result<(), CommitError>) {
    assert!(matches!(result, Err(CommitError::Conflict)), "{result:?}");
}

fn count(members: Delta) -> Change {
    Change::AdjustCounts(CountChange::one(WORKSPACE, Count::Members, members))
}

fn use_quota(workspace: WorkspaceId, window: &QuotaWindow, by: u32) -> Change {
    let (quota, subject) = (QuotaName::EmailInvitations, QuotaSubject::Workspace);
    Change::UseQuota { workspace, quota, subject, window: window.clone(), by, limit: 5 }
}

async fn page(store: &Store, query: &RangeQuery) -> (Vec<Uuid>, Option<Cursor>) {
    let loaded = store.load(&Load::new().query(query.clone())).await.expect("loaded");
    let serials = loaded.list::<Invitation>(query).into_iter().map(|found| found.value.id.serial);
    (serials.collect(), loaded.next(query))
}

fn outcome(result: &Result<(), CommitError>) -> &'static str {
    match result {
        Ok(()) => "done",
        Err(CommitError::Conflict) => "conflict",
        Err(CommitError::Busy) => "busy",
        Err(CommitError::Failed(_)) => "failed",
    }
}
