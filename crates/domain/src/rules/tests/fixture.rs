//! The material of the rules' tests: a pack, people, a workspace with seats.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::pack::{
    AfterMaker, Billing, BillingPeriod, BillingProvider, Channel, CreatorRules, DomainRules, EventRules,
    InvitationRules, InvitedBadge, InvitedRole, JoiningRules, LeaveBy, LeaveRules, Lifetime, MailRules,
    MemberRules, NextStep, OverAssignment, Plan, RemovalRules, Role, RolesGiven, SeatModel, SeatNeed,
    SeatRules, SignInRules, Tier, WorkspaceRules,
};
use crate::rules::join::JoinContext;
use crate::rules::mail::{MailBudget, MailContext};
use crate::rules::maker::{Made, MakerMembership, MakerRights, MakerRules};
use crate::rules::member::MembershipContext;
use crate::rules::seating::SeatPool;
use crate::{
    EmailAddress, EmailSlot, Identity, Invitation, InvitationId, InvitationState, LeaveRequest,
    LeaveRequestId, LeaveState, MakerStamp, Member, Moment, Money, Occupant, Pack, PendingInvitation, RoleId,
    RoleLink, RoleName, Seat, SeatId, SeatTerm, Seating, Stored, Tally, TierId, TierName, UserId,
    VerifiedDomain, Version, Workspace, WorkspaceId,
};

pub(crate) const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(0xA));

pub(crate) fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 20_000)
}

pub(crate) fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

pub(crate) fn moment() -> Moment {
    Moment::new(now(), [7; 32])
}

pub(crate) fn role(name: &str) -> RoleId {
    RoleId(name.to_owned())
}

pub(crate) fn euros(amount: i64) -> Money {
    Money { amount, currency: "EUR".to_owned() }
}

pub(crate) fn tier(name: &str) -> TierId {
    TierId(name.to_owned())
}

pub(crate) fn user(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

/// `boss` governs from a free slot, `worker` needs a seat, `guest` needs none.
pub(crate) fn pack() -> Pack {
    let frame = |id: &str, rank, seat| Role {
        name: RoleName(id.to_owned()),
        id: role(id),
        label: id.to_owned(),
        rank,
        governing: rank == 9,
        staff: rank == 9,
        badge: "gray".to_owned(),
        seat,
        includes: None,
    };
    let sold = |id: &str| Tier {
        name: TierName(id.to_owned()),
        id: tier(id),
        label: id.to_owned(),
        price: Some(euros(100)),
        features: Vec::new(),
    };
    Pack {
        name: "fixture".to_owned(),
        product: "Fixture".to_owned(),
        roles: vec![
            frame("boss", 9, SeatNeed::FreeSlot),
            frame("worker", 2, SeatNeed::Required),
            frame("guest", 1, SeatNeed::None),
        ],
        roles_given: RolesGiven { creator: role("boss"), joiner: role("worker"), seatless: None },
        seats: SeatRules {
            model: SeatModel::ByTier,
            over_assignment: OverAssignment::Block,
            tiers: vec![sold("small"), sold("large")],
            free_slots: 1,
            max: 5,
            add_ons: Vec::new(),
        },
        invitation: InvitationRules {
            lifetime: Lifetime::try_from("P7D".to_owned()).ok(),
            reserves_seat: true,
            channels: vec![Channel::Email, Channel::SingleUse, Channel::Link, Channel::Domain],
            role: InvitedRole::Chosen,
            after_maker: AfterMaker::Ends,
            badge: InvitedBadge { label: "invited".to_owned(), color: "gray".to_owned() },
        },
        leave: LeaveRules { by: LeaveBy::Request },
        sign_in: SignInRules::default(),
        members: MemberRules::default(),
        mail: MailRules::default(),
        workspaces: WorkspaceRules::default(),
        joining: JoiningRules::default(),
        domains: DomainRules::default(),
        removal: RemovalRules::default(),
        creator: CreatorRules::default(),
        plans: vec![plan("plan", 0)],
        billing: Billing {
            provider: BillingProvider::Manual,
            plan: "plan".to_owned(),
            period: BillingPeriod::try_from("P1M".to_owned()).unwrap(),
            notice: None,
            grace: Lifetime::try_from("P7D".to_owned()).unwrap(),
            credit_packages: Vec::new(),
        },
        after_join: NextStep::Dashboard,
        api_keys: None,
        resources: Vec::new(),
        services: Vec::new(),
        events: EventRules::default(),
    }
}

pub(crate) fn stored<T>(value: T) -> Stored<T> {
    Stored { value, version: Version(3) }
}

pub(crate) fn workspace() -> Workspace {
    Workspace {
        id: WORKSPACE,
        name: "Acme".to_owned().try_into().unwrap(),
        creator: user(1),
        made_by: Some(user(1)),
        timezone: None,
        default_flow_theme: None,
        plan: "plan".to_owned(),
        extras: BTreeMap::new(),
        paid: None,
        settings: None,
        logo: None,
        created_at: now(),
    }
}

pub(crate) fn plan(id: &str, seats: u32) -> Plan {
    let (id, label) = (id.to_owned(), id.to_owned());
    Plan {
        id,
        label,
        price: None,
        operator_managed: false,
        allowances: Vec::new(),
        seats,
        features: Vec::new(),
        email_invitations: None,
    }
}

/// `boss` and `worker` take one of the plan's seats; `guest` is the seatless role.
pub(crate) fn pack_by_role() -> Pack {
    let mut pack = pack();
    pack.seats.model = SeatModel::ByRole;
    pack.seats.tiers.truncate(1);
    pack.seats.tiers[0].price = None;
    pack.seats.free_slots = 0;
    pack.invitation.reserves_seat = false;
    pack.roles_given.seatless = Some(role("guest"));
    pack.roles.iter_mut().filter(|role| role.rank == 9).for_each(|role| role.seat = SeatNeed::Required);
    pack.plans = vec![plan("plan", 5), plan("small", 2)];
    pack
}

pub(crate) fn tally(governors: i64, free_slots: i64) -> Tally {
    Tally {
        workspace: WORKSPACE,
        members: 3,
        governors,
        free_slots,
        seats: 2,
        open_seats: 0,
        domains: 0,
        api_keys: 0,
    }
}

/// A seat of the plan, taken now.
pub(crate) fn on_plan() -> Seating {
    Seating::Plan { since: now() }
}

/// The counts of a plan with five seats, `open_seats` of them open, and with two governors.
pub(crate) fn open_seats(open_seats: i64) -> Tally {
    Tally { seats: 5, open_seats, ..tally(2, 0) }
}

pub(crate) fn context<'a>(
    pack: &'a Pack,
    workspace: &'a Workspace,
    tally: &'a Tally,
    bought: &'a [Stored<Seat>],
) -> MembershipContext<'a> {
    let seats = SeatPool { pack, workspace, tally, bought };
    let makers = makers(pack);
    let (membership_count, account, owners, heirs) = (None, None, &[], &[]);
    MembershipContext { workspace, seats, membership_count, account, owners, makers, heirs }
}

/// Policies under which members make invitations and links for roles of at most their own rank.
#[derive(Debug)]
struct ByRank;

fn rank(role: &RoleId) -> i64 {
    pack().rank(role)
}

impl MakerRights for ByRank {
    fn always_may(&self, _: UserId, role: &RoleId, made: Made<'_>) -> bool {
        rank(role) >= rank(made.role()) && rank(role) > 1
    }

    fn ever_may(&self, user: UserId, role: &RoleId, made: Made<'_>) -> bool {
        self.always_may(user, role, made)
    }

    fn member_may(&self, member: &Member, role: &RoleId, made: Made<'_>) -> bool {
        self.always_may(member.user, role, made)
    }
}

/// The rules about makers; a guest makes nothing.
pub(crate) fn makers(pack: &Pack) -> MakerRules<'_> {
    MakerRules { pack, rights: &ByRank }
}

/// The standing of a boss since `now`.
pub(crate) fn boss_stamp() -> MakerStamp {
    MakerStamp { role: role("boss"), since: Some(now()), at: now() }
}

/// A person who is no member, without a known account, address slot or inviter.
pub(crate) fn joining<'a>(
    pack: &'a Pack,
    workspace: &'a Stored<Workspace>,
    tally: &'a Tally,
    caller: &'a Identity,
) -> JoinContext<'a> {
    let (account, member, slot) = (None, None, None);
    JoinContext {
        pack,
        workspace,
        caller,
        account,
        member,
        slot,
        tally,
        seats: &[],
        makers: makers(pack),
        maker: MakerMembership::Unread,
        departures: &[],
    }
}

pub(crate) fn email(text: &str) -> EmailAddress {
    text.to_owned().try_into().unwrap()
}

pub(crate) fn identity(number: u128, address: &str) -> Identity {
    Identity {
        user: user(number),
        sign_in: user(number),
        email: Some(email(address)),
        email_verified: true,
        first_name: None,
        last_name: None,
    }
}

pub(crate) fn seat(number: u128, kind: &str, occupant: Occupant) -> Stored<Seat> {
    stored(Seat {
        workspace: WORKSPACE,
        id: SeatId(Uuid::from_u128(number)),
        tier: tier(kind),
        occupant,
        reserved_until: None,
        term: SeatTerm { anchor: now(), ends: None },
        price: euros(100),
        add_ons: BTreeMap::new(),
        purchase: None,
        bought_at: now(),
    })
}

pub(crate) fn member(number: u128, id: &str, seat: Seating) -> Stored<Member> {
    let identity = identity(number, "x@acme.example");
    stored(Member::new(WORKSPACE, &identity, None, role(id), seat, now()))
}

pub(crate) fn invitation_id(number: u128) -> InvitationId {
    InvitationId { workspace: WORKSPACE, serial: Uuid::from_u128(number) }
}

pub(crate) fn invitation(address: Option<&str>, seat: Option<&Stored<Seat>>) -> Stored<Invitation> {
    stored(Invitation {
        id: invitation_id(50),
        email: address.map(email),
        role: role("worker"),
        seat: seat.map(|seat| seat.value.hold()),
        generation: 1,
        state: InvitationState::Pending,
        expires_at: Some(now() + days(7)),
        invited_by: user(1),
        inviter_name: None,
        maker: Some(boss_stamp()),
        invited_at: now(),
        deliveries: Vec::new(),
        declined: None,
    })
}

/// The second link that was made for this role.
pub(crate) fn link(name: &str) -> Stored<RoleLink> {
    let (workspace, role, made_by) = (WORKSPACE, role(name), user(1));
    stored(RoleLink {
        workspace,
        role,
        generation: 2,
        open: true,
        made_by,
        made_at: now(),
        maker: Some(boss_stamp()),
    })
}

pub(crate) fn verified_domain(domain: &str) -> Stored<VerifiedDomain> {
    stored(VerifiedDomain { domain: domain.parse().unwrap(), workspace: WORKSPACE })
}

/// An address with an invitation until this time, or with this member.
pub(crate) fn slot(pending_until: Option<Timestamp>, member: Option<u128>) -> Stored<EmailSlot> {
    let pending = pending_until.map(|end| PendingInvitation {
        invitation: invitation_id(40),
        workspace_name: workspace().name,
        logo: None,
        role: role("worker"),
        invited_at: now(),
        made_at: Some(now()),
        expires_at: Some(end),
        seat: None,
        invited_by: Some(user(1)),
        inviter_name: None,
        maker_role: Some(role("boss")),
    });
    let (email, member) = (email("a@x.example").key(), member.map(user));
    stored(EmailSlot { pending, member, ..EmailSlot::empty(WORKSPACE, email) })
}

/// The mails of a request in a workspace that has sent none today.
pub(crate) fn mail_budget(pack: &Pack, now: Timestamp) -> MailBudget<'_> {
    let context = MailContext { rules: &pack.mail, workspace: WORKSPACE, sender: user(1), account: None };
    MailBudget::new(context, None, None, now)
}

pub(crate) fn leave_request(number: u128, state: LeaveState) -> Stored<LeaveRequest> {
    let id = LeaveRequestId { user: user(number), serial: Uuid::from_u128(90) };
    stored(LeaveRequest { workspace: WORKSPACE, id, reason: None, asked_at: now(), state })
}
