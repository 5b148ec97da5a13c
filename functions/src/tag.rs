//! The chapters of the API reference.

/// A chapter of the API reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// The person who calls.
    Me,
    /// Workspaces.
    Workspaces,
    /// Members.
    Members,
    /// Invitations, links and domains.
    Invitations,
    /// Seats.
    Seats,
    /// Billing.
    Billing,
    /// Leave requests.
    LeaveRequests,
    /// Permissions.
    Access,
    /// The product.
    Product,
    /// API keys.
    ApiKeys,
    /// Resources under limits.
    Resources,
    /// The log of events.
    Events,
    /// What only services do.
    Services,
}

impl Tag {
    /// The chapters, in their order.
    pub const ALL: [Self; 13] = [
        Self::Me,
        Self::Workspaces,
        Self::Members,
        Self::Invitations,
        Self::Seats,
        Self::Billing,
        Self::LeaveRequests,
        Self::Access,
        Self::Product,
        Self::ApiKeys,
        Self::Resources,
        Self::Events,
        Self::Services,
    ];

    /// The name of the chapter.
    pub fn name(self) -> &'static str {
        match self {
            Self::Me => "me",
            Self::Workspaces => "workspaces",
            Self::Members => "members",
            Self::Invitations => "invitations",
            Self::Seats => "seats",
            Self::Billing => "billing",
            Self::LeaveRequests => "leave requests",
            Self::Access => "access",
            Self::Product => "product",
            Self::ApiKeys => "API keys",
            Self::Resources => "resources",
            Self::Events => "events",
            Self::Services => "services",
        }
    }

    /// The subject of the chapter.
    pub fn description(self) -> &'static str {
        match self {
            Self::Me => "The caller's own account and invitations.",
            Self::Workspaces => "The workspaces, which are the tenants of the product.",
            Self::Members => "The members of a workspace and their roles.",
            Self::Invitations => "The ways into a workspace: invitations, links and email domains.",
            Self::Seats => "The seats that a workspace has, and the members who hold them.",
            Self::Billing => "What a workspace pays for: purchases, plans, credits, and the way to Stripe.",
            Self::LeaveRequests => "Requests to leave a workspace, which another member decides.",
            Self::Access => "What the caller may do, actions of the host product included.",
            Self::Product => "What the product offers, as data for clients.",
            Self::ApiKeys => "Keys by which programs and flows act for a member.",
            Self::Resources => {
                "Integrations, mini-apps, bots and the like, whose numbers the product limits."
            }
            Self::Events => "The log of a workspace: what happened, who did it, and what it changed.",
            Self::Services => "What only the backends of the host do, with access tokens of their own.",
        }
    }
}
