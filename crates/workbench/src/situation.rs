//! The caller of an example and their circumstances: what the cases of a pack call `given`.

use std::fmt;

use jiff::Timestamp;
use seatwise_domain::pack::Lifetime;
use seatwise_domain::{RoleName, TierName};
use seatwise_policy::{ActionInfo, Bundle, PrincipalKind, TARGET_CREATOR, TARGET_SELF};
use serde::{Deserialize, Serialize};

use crate::stage::{ExampleCaller, ExampleStage, ExampleTarget, SeatState};
use crate::suggestion::{nearest, suggestion};

/// A caller who has not signed in.
pub const VISITOR: &str = "visitor";
/// A caller who has signed in, and is a member of no workspace.
pub const USER: &str = "user";
/// As [`USER`], with an address that is not verified.
pub const UNVERIFIED_USER: &str = "unverified user";

/// Callers outside any workspace.
pub(crate) const OUTSIDERS: [&str; 3] = [VISITOR, USER, UNVERIFIED_USER];

/// The words of cases for callers and for affected members. A role with such a name could not be told apart from them.
pub(crate) fn words_of_cases() -> impl Iterator<Item = &'static str> {
    OUTSIDERS.into_iter().chain([TARGET_SELF, TARGET_CREATOR])
}

/// The prefix of a service among the callers.
pub const SERVICE: &str = "service:";

/// The services of a pack, as callers of examples.
pub(crate) fn services(bundle: &Bundle) -> impl Iterator<Item = String> {
    bundle.pack().services.iter().map(|service| format!("{SERVICE}{}", service.id))
}

/// The caller and their circumstances.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Given {
    /// A role; or `visitor`, `user`, `unverified user`; or `service:` and the name of a service.
    pub caller: String,
    /// The tier of the caller's seat; none if they have no seat.
    pub seat: Option<TierName>,
    /// Whether that seat is no longer paid for, or suspended.
    pub lapsed: bool,
    /// Whether the caller's role came with a free slot.
    pub free_slot: bool,
    /// Whether the caller is the workspace's creator.
    pub creator: bool,
    /// Whether the workspace is the caller's own.
    pub workspace: WorkspaceRelation,
    /// The workspace's plan; none for the plan that workspaces start on.
    pub plan: Option<String>,
    /// How long ago the caller joined; none for long ago.
    pub joined: Option<TimeAgo>,
    /// The tier of the seat of the member that it is done to, or of the seat that the invitation reserves; none if they
    /// have no seat.
    pub on_seat: Option<TierName>,
    /// How long ago the member joined that it is done to; none for long ago.
    pub on_joined: Option<TimeAgo>,
}

/// A length of time before the present, as packs write it: `PT2H`, `P3D`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeAgo {
    text: String,
    length: Lifetime,
}

impl TimeAgo {
    /// The moment so long before `now`.
    pub(crate) fn before(&self, now: Timestamp) -> Timestamp {
        now.saturating_sub(self.length.length()).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl TryFrom<String> for TimeAgo {
    type Error = <Lifetime as TryFrom<String>>::Error;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Ok(Self { length: Lifetime::try_from(text.clone())?, text })
    }
}

impl From<TimeAgo> for String {
    fn from(TimeAgo { text, .. }: TimeAgo) -> String {
        text
    }
}

impl fmt::Display for TimeAgo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The relation of the caller to the workspace that they ask about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkspaceRelation {
    /// The caller's workspace. For callers outside any workspace, whatever they ask about.
    #[default]
    Own,
    /// A workspace that the caller, a member of another one, does not belong to.
    Foreign,
}

/// The reason why a question cannot be asked, and advice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {help}")]
pub struct Complaint {
    /// The reason.
    pub message: String,
    /// The advice.
    pub help: String,
}

impl Complaint {
    fn unknown<'n>(what: &str, name: &str, known: impl IntoIterator<Item = &'n str> + Clone) -> Self {
        Self { message: format!("there is no {what} `{name}`"), help: suggestion(name, known) }
    }

    /// There is no such action. The list of all actions would fill a page.
    pub(crate) fn unknown_action(bundle: &Bundle, name: &str) -> Self {
        let near = nearest(name, bundle.actions().iter().map(|info| info.name.as_str()));
        let help = near.map_or_else(
            || "schema.cedarschema and app.cedarschema declare all there are".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Self { message: format!("there is no action `{name}`"), help }
    }

    /// The action is for callers of another kind.
    pub(crate) fn other_callers(info: &ActionInfo, caller: &str) -> Self {
        Self {
            message: format!("`{}` is nothing for `{caller}`", info.name),
            help: format!("it is asked of {}", people(&info.principals)),
        }
    }
}

/// The callers of an action, in words.
fn people(principals: &[PrincipalKind]) -> String {
    let name = |kind: &PrincipalKind| match kind {
        PrincipalKind::Visitor => "visitors",
        PrincipalKind::User => "users outside a workspace",
        PrincipalKind::Member => "members of a workspace, by their role",
        PrincipalKind::Service => "services",
    };
    principals.iter().map(name).collect::<Vec<_>>().join(" and of ")
}

impl Given {
    /// The kind of the caller.
    pub(crate) fn kind(&self, bundle: &Bundle) -> PrincipalKind {
        match self.caller.as_str() {
            role if bundle.pack().role_called(role).is_some() => PrincipalKind::Member,
            VISITOR => PrincipalKind::Visitor,
            service if service.starts_with(SERVICE) => PrincipalKind::Service,
            _ => PrincipalKind::User,
        }
    }

    /// The stage on which the caller asks.
    pub(crate) fn stage<'b>(&self, bundle: &'b Bundle) -> Result<ExampleStage<'b>, Complaint> {
        let pack = bundle.pack();
        let roles = pack.roles.iter().map(|role| role.name.as_str());
        if self.kind(bundle) == PrincipalKind::Service {
            let known: Vec<String> = services(bundle).collect();
            if !known.contains(&self.caller) {
                return Err(Complaint::unknown("service", &self.caller, known.iter().map(String::as_str)));
            }
        }
        if self.kind(bundle) == PrincipalKind::User && !OUTSIDERS.contains(&self.caller.as_str()) {
            return Err(Complaint::unknown("caller", &self.caller, roles.chain(OUTSIDERS)));
        }
        if let Some(plan) =
            self.plan.as_deref().filter(|plan| pack.plans.iter().all(|known| known.id != **plan))
        {
            return Err(Complaint::unknown("plan", plan, pack.plans.iter().map(|plan| plan.id.as_str())));
        }
        let tiers = [&self.seat, &self.on_seat].into_iter().flatten();
        if let Some(tier) = tiers.clone().find(|tier| pack.tier_called(tier.as_str()).is_none()) {
            let tiers = pack.seats.tiers.iter().map(|tier| tier.name.as_str());
            return Err(Complaint::unknown("tier", tier.as_str(), tiers));
        }
        let caller = (self.kind(bundle) == PrincipalKind::Member).then(|| ExampleCaller {
            role: RoleName(self.caller.clone()),
            seat: self.seat_state(),
            creator: self.creator,
            joined: self.joined.clone(),
        });
        let target = ExampleTarget { seat: self.on_seat.clone(), joined: self.on_joined.clone() };
        let (caller, plan) = (caller.as_ref(), self.plan.as_deref());
        ExampleStage::with_targets(bundle, self.workspace, plan, caller, &target).ok_or_else(|| Complaint {
            message: format!("the pack cannot express `{}` as given", self.caller),
            help: "a tier or feature is not declared: `policies check` says which".to_owned(),
        })
    }

    pub(crate) fn seat_state(&self) -> SeatState {
        match (&self.seat, self.free_slot) {
            (Some(tier), _) if self.lapsed => SeatState::Lapsed(tier.clone()),
            (Some(tier), _) => SeatState::Live(tier.clone()),
            (None, true) => SeatState::Free,
            (None, false) => SeatState::None,
        }
    }

    /// The same caller with another seat.
    pub(crate) fn on_seat(&self, state: &SeatState) -> Self {
        let seat = match state {
            SeatState::Live(tier) | SeatState::Lapsed(tier) => Some(tier.clone()),
            SeatState::None | SeatState::Free => None,
        };
        let lapsed = matches!(state, SeatState::Lapsed(_));
        Self { seat, lapsed, free_slot: *state == SeatState::Free, ..self.clone() }
    }
}
