//! Rules for invitations and for joining a workspace.

use serde::{Deserialize, Serialize};

use super::duration::Lifetime;

/// The rules for invitations.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct InvitationRules {
    /// The time in which an invitation can be accepted; absent: for ever (F6).
    #[serde(default)]
    pub lifetime: Option<Lifetime>,
    /// Whether an invitation reserves a seat from the moment it is made (S9), so that the invited person can
    /// join; otherwise the joiner takes a seat on joining.
    #[serde(default)]
    pub reserves_seat: bool,
    /// The ways to join.
    pub channels: Vec<Channel>,
    /// The rule that determines the role of an invitation.
    pub role: InvitedRole,
    /// The effect on invitations and links whose maker could no longer make them.
    #[serde(default)]
    pub after_maker: AfterMaker,
    /// The badge of invited people in a list of members (F15).
    pub badge: InvitedBadge,
}

/// A way to join a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// An invitation to an address (F1).
    Email,
    /// An invitation without an address, as a link for one person (S3).
    SingleUse,
    /// A link for a role, for any number of people (R9).
    Link,
    /// A domain, for everybody with a verified address of it (R10).
    Domain,
}

/// The effect on invitations and links whose maker could no longer make them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterMaker {
    /// They end, unless the policies have permitted their maker to make them ever since.
    #[default]
    Ends,
    /// They stay valid.
    Stays,
}

/// The badge of invited people in a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct InvitedBadge {
    /// The text of the badge.
    pub label: String,
    /// The colour of the badge.
    pub color: String,
}

/// The rule that determines the role of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InvitedRole {
    /// The inviter chooses it; without a choice, it is the joiner's role.
    Chosen,
    /// It is always the joiner's role.
    Fixed,
    /// An invitation has the joiner's role; a link has the role that it was made for.
    ByLink,
}

/// The rules for the number of members.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MemberRules {
    /// The most members of a workspace (F4); absent: any number.
    #[serde(default)]
    pub max: Option<u32>,
}

/// The rules for the seat and the role of a joiner.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JoiningRules {
    /// The effect of a missing seat on a joiner.
    #[serde(default)]
    pub when_full: WhenFull,
    /// Whether a joiner takes a seat, until the workspace sets it otherwise (R5); absent: they take one, and
    /// a workspace cannot change that.
    #[serde(default)]
    pub auto_assign: Option<bool>,
}

/// The effect of a missing seat on a joiner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenFull {
    /// They cannot join (S6).
    #[default]
    Refuse,
    /// They join with the seatless role (R5).
    Seatless,
}

/// The rules for domains by which people join.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct DomainRules {
    /// The time for which a verified domain without its DNS record still brings people in. In this time, the
    /// workspace shows a notice.
    pub grace: Lifetime,
}

impl Default for DomainRules {
    fn default() -> Self {
        Self { grace: Lifetime::of_days(7) }
    }
}

/// The page that a client shows after joining.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NextStep {
    /// The workspace.
    Dashboard,
    /// The pending invitations.
    Invitations,
    /// The product's first steps.
    Onboarding,
}
