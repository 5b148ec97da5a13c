//! How people come into a workspace.

use serde::{Deserialize, Serialize};

use super::duration::Lifetime;

/// How people are invited.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct InvitationRules {
    /// How long one can be accepted; absent: for ever (F6).
    #[serde(default)]
    pub lifetime: Option<Lifetime>,
    /// Whether one keeps a seat for the invited from the moment it is made (S9), so that who is
    /// invited can join; else the seat is taken on joining.
    #[serde(default)]
    pub reserves_seat: bool,
    /// The ways in.
    pub channels: Vec<Channel>,
    /// Who says which role an invitation is for.
    pub role: InvitedRole,
    /// What becomes of invitations and links whose maker is removed, or ranks below them now.
    #[serde(default)]
    pub after_maker: AfterMaker,
    /// What a list of members shows of the invited (F15).
    pub badge: InvitedBadge,
}

/// A way into a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// An invitation to an address (F1).
    Email,
    /// An invitation without an address, to be shared, for one person (S3).
    SingleUse,
    /// A link for a role, for as many as come (R9).
    Link,
    /// Whoever has an address of a domain (R10).
    Domain,
}

/// What becomes of invitations and links whose maker could not make them any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterMaker {
    /// They are over: whoever made them must be a member, of no lower rank than their role, at the
    /// moment of joining.
    #[default]
    Ends,
    /// They stay what they were.
    Stays,
}

/// What a list shows beside a name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct InvitedBadge {
    /// What it says.
    pub label: String,
    /// Its colour.
    pub color: String,
}

/// Who says which role an invitation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InvitedRole {
    /// The inviter; the joiner's role if nothing is said.
    Chosen,
    /// Nobody: it is the joiner's role.
    Fixed,
    /// An invitation is for the joiner's role; a link is for the role that it was made for.
    ByLink,
}

/// How many members a workspace has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MemberRules {
    /// At most so many (F4); absent: any number.
    #[serde(default)]
    pub max: Option<u32>,
}

/// What who joins is given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JoiningRules {
    /// What happens to a joiner when no seat is free.
    #[serde(default)]
    pub when_full: WhenFull,
    /// Whether a joiner takes a seat, until the workspace sets it otherwise (R5); absent: they do, and
    /// it is no setting of a workspace.
    #[serde(default)]
    pub auto_assign: Option<bool>,
}

/// What happens to a joiner when no seat is free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenFull {
    /// They do not join (S6).
    #[default]
    Refuse,
    /// They join with the seatless role (R5).
    Seatless,
}

/// Where a client goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NextStep {
    /// Into the workspace.
    Dashboard,
    /// To the pending invitations.
    Invitations,
    /// Through the product's first steps.
    Onboarding,
}
