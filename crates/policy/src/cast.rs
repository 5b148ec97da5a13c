//! Facts, as the entities that Cedar sees. Built typed, never from JSON: a request pays for it.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::sync::LazyLock;

use cedar_policy::{Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use seatwise_domain::{Pack, RoleId, UserId, WorkspaceId};

use crate::facts::{InvitationFacts, LeaveFacts, MemberFacts, SeatFacts, UserFacts, WorkspaceFacts};
use crate::vocabulary::{Vocabulary, datetime};

/// Names of entity types, parsed once.
pub(crate) struct Types {
    pub(crate) action: EntityTypeName,
    pub(crate) role: EntityTypeName,
    visitor: EntityTypeName,
    user: EntityTypeName,
    member: EntityTypeName,
    platform: EntityTypeName,
    workspace: EntityTypeName,
    seat: EntityTypeName,
    seat_tier: EntityTypeName,
    feature: EntityTypeName,
    invitation: EntityTypeName,
    leave_request: EntityTypeName,
}

pub(crate) static TYPES: LazyLock<Types> = LazyLock::new(|| {
    let name = |text: &str| text.parse().expect("a literal that is an identifier");
    Types {
        action: name("Action"),
        role: name("Role"),
        visitor: name("Visitor"),
        user: name("User"),
        member: name("Member"),
        platform: name("Platform"),
        workspace: name("Workspace"),
        seat: name("Seat"),
        seat_tier: name("SeatTier"),
        feature: name("Feature"),
        invitation: name("Invitation"),
        leave_request: name("LeaveRequest"),
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

/// Whoever and whatever takes part in a request. Everything that adds an entity answers with its
/// uid, or with nothing when the pack does not know its role: then the request is denied.
pub(crate) struct Cast<'a> {
    pack: &'a Pack,
    entities: HashMap<EntityUid, Entity>,
}

impl<'a> Cast<'a> {
    pub(crate) fn new(pack: &'a Pack) -> Self {
        Self { pack, entities: HashMap::new() }
    }

    /// All entities with the groups of the actions, which Cedar adds only when given the schema; it
    /// refuses what does not conform.
    pub(crate) fn entities(self, vocabulary: &Vocabulary) -> Option<Entities> {
        Entities::from_entities(self.entities.into_values(), Some(&vocabulary.schema)).ok()
    }

    fn add(
        &mut self,
        uid: EntityUid,
        attributes: impl IntoIterator<Item = (&'static str, RestrictedExpression)>,
        parents: impl IntoIterator<Item = EntityUid>,
    ) -> Option<EntityUid> {
        let attributes = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let entity = Entity::new(uid.clone(), attributes, parents.into_iter().collect()).ok()?;
        // The caller may be the target as well: the facts are then the same, loaded once.
        self.entities.entry(uid.clone()).or_insert(entity);
        Some(uid)
    }

    fn add_bare(&mut self, uid: EntityUid) -> EntityUid {
        self.entities.entry(uid.clone()).or_insert_with(|| Entity::new_no_attrs(uid.clone(), HashSet::new()));
        uid
    }

    pub(crate) fn visitor(&mut self) -> EntityUid {
        self.add_bare(uid(&TYPES.visitor, "anyone"))
    }

    pub(crate) fn platform(&mut self) -> EntityUid {
        self.add_bare(uid(&TYPES.platform, "seatwise"))
    }

    pub(crate) fn user(&mut self, user: &UserFacts) -> Option<EntityUid> {
        self.add(user_uid(user.id), [("emailVerified", flag(user.email_verified))], [])
    }

    pub(crate) fn workspace(&mut self, workspace: &WorkspaceFacts) -> Option<EntityUid> {
        let features = self.pack.plan(&workspace.plan).map_or(&[][..], |plan| &plan.features);
        let attributes = [
            ("creator", link(&user_uid(workspace.creator))),
            ("active", flag(workspace.active)),
            ("features", feature_set(features)),
        ];
        self.add(workspace_uid(workspace.id), attributes, [])
    }

    pub(crate) fn role(&mut self, id: &RoleId) -> Option<EntityUid> {
        let role = self.pack.role(id)?;
        let attributes = [
            ("rank", RestrictedExpression::new_long(role.rank)),
            ("governing", flag(role.governing)),
            ("staff", flag(role.staff)),
            ("baseline", flag(role.id == self.pack.roles_given.joiner)),
        ];
        let included = match &role.includes {
            // A pack in which one includes itself is refused; this ends all the same, since ranks fall.
            Some(included) if self.pack.rank(included) < role.rank => Some(self.role(included)?),
            _ => None,
        };
        self.add(uid(&TYPES.role, id), attributes, included)
    }

    pub(crate) fn member(&mut self, member: &MemberFacts) -> Option<EntityUid> {
        let role = self.role(&member.role)?;
        let workspace = workspace_uid(member.workspace);
        // A seat of a tier that the pack no longer has is none: its holder keeps what needs no seat.
        let seat = member.seat.as_ref().and_then(|seat| self.seat(seat));
        let attributes = [
            ("user", link(&user_uid(member.user))),
            ("workspace", link(&workspace)),
            ("role", link(&role)),
            ("freeSlot", flag(member.free_slot)),
        ];
        let attributes = attributes.into_iter().chain(seat.map(|seat| ("seat", link(&seat))));
        // The attribute `role` and the parent are set here and nowhere else, so they agree.
        let id = format!("{}/{}", member.workspace, member.user);
        self.add(uid(&TYPES.member, id), attributes, [workspace, role])
    }

    pub(crate) fn seat(&mut self, seat: &SeatFacts) -> Option<EntityUid> {
        let workspace = workspace_uid(seat.workspace);
        let features = &self.pack.tier(&seat.tier)?.features;
        let attributes = [
            ("workspace", link(&workspace)),
            ("tier", link(&uid(&TYPES.seat_tier, &seat.tier))),
            ("features", feature_set(features)),
            ("live", flag(seat.live)),
        ];
        let attributes =
            attributes.into_iter().chain(seat.paid_until.map(|until| ("paidUntil", datetime(until))));
        self.add(uid(&TYPES.seat, format!("{}/{}", seat.workspace, seat.id)), attributes, [workspace])
    }

    pub(crate) fn invitation(&mut self, invitation: &InvitationFacts) -> Option<EntityUid> {
        let role = self.role(&invitation.role)?;
        let workspace = workspace_uid(invitation.id.workspace);
        let attributes = [("workspace", link(&workspace)), ("role", link(&role))];
        self.add(uid(&TYPES.invitation, invitation.id), attributes, [workspace])
    }

    pub(crate) fn leave_request(&mut self, leave: &LeaveFacts) -> Option<EntityUid> {
        let requester = self.member(&leave.requester)?;
        let workspace = workspace_uid(leave.workspace);
        let attributes = [("workspace", link(&workspace)), ("requester", link(&requester))];
        let id = format!("{}/{}", leave.workspace, leave.id);
        self.add(uid(&TYPES.leave_request, id), attributes, [workspace])
    }
}
