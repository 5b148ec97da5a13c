//! Facts, as the entities that Cedar sees. They are built typed and not from JSON, since every request
//! pays for it.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::sync::{LazyLock, OnceLock};

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression, Schema,
};
use jiff::Timestamp;
use seatwise_domain::{Pack, RoleId, ServiceId, TierId, UserId, WorkspaceId};

use crate::facts::{
    ApiKeyFacts, InvitationFacts, LeaveFacts, MemberFacts, Principal, Resource, SeatFacts, UserFacts,
    WorkspaceFacts,
};

/// The names of the entity types, parsed once.
struct Types {
    action: EntityTypeName,
    role: EntityTypeName,
    visitor: EntityTypeName,
    user: EntityTypeName,
    member: EntityTypeName,
    service: EntityTypeName,
    platform: EntityTypeName,
    workspace: EntityTypeName,
    seat: EntityTypeName,
    seat_tier: EntityTypeName,
    feature: EntityTypeName,
    invitation: EntityTypeName,
    leave_request: EntityTypeName,
    api_key: EntityTypeName,
}

static TYPES: LazyLock<Types> = LazyLock::new(|| {
    let name = |text: &str| text.parse().expect("a literal that is an identifier");
    Types {
        action: name("Action"),
        role: name("Role"),
        visitor: name("Visitor"),
        user: name("User"),
        member: name("Member"),
        service: name("Service"),
        platform: name("Platform"),
        workspace: name("Workspace"),
        seat: name("Seat"),
        seat_tier: name("SeatTier"),
        feature: name("Feature"),
        invitation: name("Invitation"),
        leave_request: name("LeaveRequest"),
        api_key: name("ApiKey"),
    }
});

fn uid(type_name: &EntityTypeName, id: impl Display) -> EntityUid {
    EntityUid::from_type_name_and_id(type_name.clone(), EntityId::new(id.to_string()))
}

fn user_uid(id: UserId) -> EntityUid {
    uid(&TYPES.user, id)
}

fn workspace_uid(id: WorkspaceId) -> EntityUid {
    uid(&TYPES.workspace, id)
}

fn flag(value: bool) -> RestrictedExpression {
    RestrictedExpression::new_bool(value)
}

fn link(uid: &EntityUid) -> RestrictedExpression {
    RestrictedExpression::new_entity_uid(uid.clone())
}

fn feature_set(names: &[String]) -> RestrictedExpression {
    RestrictedExpression::new_set(names.iter().map(|name| link(&uid(&TYPES.feature, name))))
}

/// The id of the role and of the tier that stand for those that the pack dropped (K48). It is no identifier,
/// so no role and no tier of a pack has it.
pub const DROPPED: &str = "(dropped)";

/// The action of that name.
pub(crate) fn action_uid(name: &str) -> EntityUid {
    uid(&TYPES.action, name)
}

/// The role with that id, by its present name; the dropped role, if the pack does not have it.
pub(crate) fn role_uid(pack: &Pack, id: &RoleId) -> EntityUid {
    uid(&TYPES.role, pack.role(id).map_or(DROPPED, |role| role.name.as_str()))
}

/// Some role, to try what a context may have.
pub(crate) fn any_role_uid() -> EntityUid {
    uid(&TYPES.role, "")
}

/// The tier with that id, by its present name; the dropped tier, if the pack does not have it.
pub(crate) fn tier_uid(pack: &Pack, id: &TierId) -> EntityUid {
    uid(&TYPES.seat_tier, pack.tier(id).map_or(DROPPED, |tier| tier.name.as_str()))
}

/// Some tier, to try what a context may have.
pub(crate) fn any_tier_uid() -> EntityUid {
    uid(&TYPES.seat_tier, DROPPED)
}

/// The context of a request.
pub(crate) fn context(
    now: RestrictedExpression,
    target_role: Option<EntityUid>,
    target_tier: Option<EntityUid>,
) -> Option<Context> {
    let now = ("now".to_owned(), now);
    let given = [("targetRole", target_role), ("targetTier", target_tier)];
    let given = given.into_iter().filter_map(|(name, uid)| Some((name.to_owned(), link(&uid?))));
    Context::from_pairs([now].into_iter().chain(given)).ok()
}

/// Cedar's `datetime` takes milliseconds, in UTC. It parses the name of its function each time, which takes longer than
/// the rest of an entity.
pub(crate) fn datetime(time: Timestamp) -> RestrictedExpression {
    RestrictedExpression::new_datetime(time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

/// The times that some policies look at.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TimesLookedAt {
    /// The time of the request.
    pub(crate) now: bool,
    /// The time when a member joined.
    pub(crate) joining: bool,
}

impl TimesLookedAt {
    /// All of them.
    pub(crate) const ALL: Self = Self { now: true, joining: true };

    /// Those that these policies look at, or others.
    pub(crate) fn or(self, other: Self) -> Self {
        Self { now: self.now || other.now, joining: self.joining || other.joining }
    }
}

/// The times of a request, each made once. In the place of one that no policy looks at there is some time.
pub(crate) struct Times {
    now: RestrictedExpression,
    made: HashMap<Timestamp, RestrictedExpression>,
    looked_at: TimesLookedAt,
}

/// Some time, where none matters.
pub(crate) static NO_TIME: LazyLock<RestrictedExpression> = LazyLock::new(|| datetime(Timestamp::UNIX_EPOCH));

/// The context of a question that gives no role and no seat, where the time does not matter.
pub(crate) static NO_CONTEXT: LazyLock<Option<Context>> =
    LazyLock::new(|| context(NO_TIME.clone(), None, None));

impl Times {
    /// The times of a request at this time.
    pub(crate) fn at(now: Timestamp, looked_at: TimesLookedAt) -> Self {
        let now = if looked_at.now { datetime(now) } else { NO_TIME.clone() };
        Self { now, made: HashMap::new(), looked_at }
    }

    fn of(&mut self, time: Timestamp) -> RestrictedExpression {
        self.made.entry(time).or_insert_with(|| datetime(time)).clone()
    }

    fn of_joining(&mut self, time: Timestamp) -> RestrictedExpression {
        if self.looked_at.joining { self.of(time) } else { NO_TIME.clone() }
    }
}

/// The entities of all roles of a pack, and of the dropped role: policies name them, and members have them. Nothing, if
/// they do not conform to the schema.
pub(crate) fn role_entities(pack: &Pack, schema: &Schema) -> Option<Entities> {
    let entity =
        |uid: EntityUid, rank, [governing, staff, baseline]: [bool; 3], included: Option<&RoleId>| {
            let attributes = [
                ("rank", RestrictedExpression::new_long(rank)),
                ("governing", flag(governing)),
                ("staff", flag(staff)),
                ("baseline", flag(baseline)),
            ];
            let parents = included.map(|included| role_uid(pack, included)).into_iter().collect();
            Entity::new(uid, named(attributes), parents).ok()
        };
    // It ranks below all others, includes none and has no attribute that permits anything.
    let dropped = entity(uid(&TYPES.role, DROPPED), pack.rank_below_all(), [false; 3], None);
    let roles = pack.roles.iter().map(|role| {
        let is_baseline = role.id == pack.roles_given.joiner;
        // A pack whose role includes itself is refused. There is no circle in any case, since ranks fall.
        let included = role.includes.as_ref().filter(|included| pack.rank(included) < role.rank);
        entity(role_uid(pack, &role.id), role.rank, [role.governing, role.staff, is_baseline], included)
    });
    let entities: Option<Vec<Entity>> = [dropped].into_iter().chain(roles).collect();
    Entities::empty().add_entities(entities?, Some(schema)).ok()
}

fn named(
    attributes: impl IntoIterator<Item = (&'static str, RestrictedExpression)>,
) -> HashMap<String, RestrictedExpression> {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Collects the entities of a request. Every method that adds an entity returns its uid, or nothing if
/// Cedar refuses it: then the request is denied.
pub(crate) struct EntityBuilder<'a> {
    pack: &'a Pack,
    times: Times,
    entities: HashMap<EntityUid, Entity>,
}

impl<'a> EntityBuilder<'a> {
    pub(crate) fn new(pack: &'a Pack, times: Times) -> Self {
        Self { pack, times, entities: HashMap::new() }
    }

    /// The time of the request.
    pub(crate) fn now(&self) -> RestrictedExpression {
        self.times.now.clone()
    }

    /// The context of a question that gives no role and no seat, if it is known already.
    pub(crate) fn known_context(&self) -> OnceLock<Option<Context>> {
        if self.times.looked_at.now { OnceLock::new() } else { OnceLock::from(NO_CONTEXT.clone()) }
    }

    /// All entities with the roles, and all actions with their groups, which Cedar adds when it is given the schema.
    /// Nothing, if an entity does not conform to the schema.
    pub(crate) fn with_all_actions(self, roles: &Entities, schema: &Schema) -> Option<Entities> {
        let entities = self.entities.into_values().chain(roles.iter().cloned());
        Entities::from_entities(entities, Some(schema)).ok()
    }

    /// All entities with the roles, without actions: most of the others are actions, and take longer to gather than a
    /// question takes. Nothing, if an entity does not conform to the schema.
    pub(crate) fn with_roles(self, roles: Entities, schema: &Schema) -> Option<Entities> {
        roles.add_entities(self.entities.into_values(), Some(schema)).ok()
    }

    pub(crate) fn principal(&mut self, principal: &Principal) -> Option<EntityUid> {
        match principal {
            Principal::Visitor => Some(self.visitor()),
            Principal::User(user) => self.user(user),
            Principal::Member(member) => self.member(member),
            Principal::Service(service) => self.service(service),
        }
    }

    /// `workspace` is that of the request; without one, nothing can be done to it or in it.
    pub(crate) fn resource(
        &mut self,
        resource: &Resource,
        workspace: Option<&EntityUid>,
    ) -> Option<EntityUid> {
        if workspace.is_none() && *resource != Resource::Platform {
            return None;
        }
        match resource {
            Resource::Platform => Some(self.platform()),
            Resource::Workspace => workspace.cloned(),
            Resource::Member(member) => self.member(member),
            Resource::Seat(seat) => self.seat(seat),
            Resource::Invitation(invitation) => self.invitation(invitation),
            Resource::LeaveRequest(leave) => self.leave_request(leave),
            Resource::ApiKey(key) => self.api_key(key),
        }
    }

    fn add(
        &mut self,
        uid: EntityUid,
        attributes: impl IntoIterator<Item = (&'static str, RestrictedExpression)>,
        parents: impl IntoIterator<Item = EntityUid>,
    ) -> Option<EntityUid> {
        let entity = Entity::new(uid.clone(), named(attributes), parents.into_iter().collect()).ok()?;
        // The caller may be the target as well. Both have the same facts, which were loaded once.
        self.entities.entry(uid.clone()).or_insert(entity);
        Some(uid)
    }

    fn add_bare(&mut self, uid: EntityUid) -> EntityUid {
        self.entities.entry(uid.clone()).or_insert_with(|| Entity::new_no_attrs(uid.clone(), HashSet::new()));
        uid
    }

    fn visitor(&mut self) -> EntityUid {
        self.add_bare(uid(&TYPES.visitor, "anyone"))
    }

    fn platform(&mut self) -> EntityUid {
        self.add_bare(uid(&TYPES.platform, "seatwise"))
    }

    fn user(&mut self, user: &UserFacts) -> Option<EntityUid> {
        self.add(user_uid(user.id), [("emailVerified", flag(user.email_verified))], [])
    }

    /// A service that the pack does not declare can do nothing, not even by a permit that names no principal.
    fn service(&mut self, service: &ServiceId) -> Option<EntityUid> {
        let is_declared = self.pack.services.iter().any(|declared| declared.id == *service);
        is_declared.then(|| self.add_bare(uid(&TYPES.service, service)))
    }

    pub(crate) fn workspace(&mut self, workspace: &WorkspaceFacts) -> Option<EntityUid> {
        let features = self.pack.plan(&workspace.plan).map_or(&[][..], |plan| &plan.features);
        let attributes =
            [("creator", link(&user_uid(workspace.creator))), ("features", feature_set(features))];
        self.add(workspace_uid(workspace.id), attributes, [])
    }

    fn member(&mut self, member: &MemberFacts) -> Option<EntityUid> {
        let role = role_uid(self.pack, &member.role);
        let workspace = workspace_uid(member.workspace);
        let seat = member.seat.as_ref().and_then(|seat| self.seat(seat));
        let attributes = [
            ("user", link(&user_uid(member.user))),
            ("workspace", link(&workspace)),
            ("role", link(&role)),
            ("freeSlot", flag(member.free_slot)),
            ("joinedAt", self.times.of_joining(member.joined_at)),
        ];
        let attributes = attributes.into_iter().chain(seat.map(|seat| ("seat", link(&seat))));
        // The attribute `role` and the parent are set here and nowhere else, so that they agree.
        let id = format!("{}/{}", member.workspace, member.user);
        self.add(uid(&TYPES.member, id), attributes, [workspace, role])
    }

    /// A seat of a tier that the pack does not have is of the dropped tier, without features.
    fn seat(&mut self, seat: &SeatFacts) -> Option<EntityUid> {
        let workspace = workspace_uid(seat.workspace);
        let features = self.pack.tier(&seat.tier).map_or(&[][..], |tier| &tier.features);
        let attributes = [
            ("workspace", link(&workspace)),
            ("tier", link(&tier_uid(self.pack, &seat.tier))),
            ("features", feature_set(features)),
            ("live", flag(seat.live)),
        ];
        let attributes =
            attributes.into_iter().chain(seat.paid_until.map(|until| ("paidUntil", self.times.of(until))));
        self.add(uid(&TYPES.seat, format!("{}/{}", seat.workspace, seat.id)), attributes, [workspace])
    }

    fn invitation(&mut self, invitation: &InvitationFacts) -> Option<EntityUid> {
        let role = role_uid(self.pack, &invitation.role);
        let workspace = workspace_uid(invitation.id.workspace);
        let tier = invitation.tier.as_ref().map(|tier| ("tier", link(&tier_uid(self.pack, tier))));
        let attributes = [("workspace", link(&workspace)), ("role", link(&role))].into_iter().chain(tier);
        self.add(uid(&TYPES.invitation, invitation.id), attributes, [workspace])
    }

    fn api_key(&mut self, key: &ApiKeyFacts) -> Option<EntityUid> {
        let owner = self.member(&key.owner)?;
        let workspace = workspace_uid(key.workspace);
        let attributes = [("workspace", link(&workspace)), ("owner", link(&owner)), ("flow", flag(key.flow))];
        let id = format!("{}/{}", key.workspace, key.id);
        self.add(uid(&TYPES.api_key, id), attributes, [workspace])
    }

    fn leave_request(&mut self, leave: &LeaveFacts) -> Option<EntityUid> {
        let requester = self.member(&leave.requester)?;
        let workspace = workspace_uid(leave.workspace);
        let attributes = [("workspace", link(&workspace)), ("requester", link(&requester))];
        let id = format!("{}/{}", leave.workspace, leave.id);
        self.add(uid(&TYPES.leave_request, id), attributes, [workspace])
    }
}
