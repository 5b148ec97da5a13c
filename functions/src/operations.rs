//! The table of all operations: the one list. Lambda's main, the local server, the API reference,
//! the deployable template and the tests that go through every operation read it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use futures::future::{BoxFuture, FutureExt as _};
use http::{Method, Response, StatusCode};
use lambda_http::Body;
use seatwise_domain::{Pack, RoleId};
use utoipa::openapi::path::Operation as Described;

use crate::openapi::describe;
use crate::operation::{Operation, StripeUse, camel_case};
use crate::problem::Code;
use crate::request::Incoming;
use crate::scope::Scope as _;
use crate::service::Service;
use crate::wire::Output as _;
use crate::wire::schema::Schemas;
use crate::{
    access, api_key, billing, event_log, invitation, leave, me, member, payments, product, resource, runner,
    seat, workspace,
};

/// One operation, as a row.
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the table of operations")]
pub struct Row {
    /// Its name: file, Handler setting and (in camelCase) Cedar action and `operationId`.
    pub name: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Path, as API Gateway writes it.
    pub path: &'static str,
    /// Whether it is open to visitors: its route has no authorizer.
    pub public: bool,
    /// Whether only services call it.
    pub services_only: bool,
    /// Whether it takes an `Idempotency-Key`.
    pub idempotent: bool,
    /// Whether it makes or checks invitation links, and so needs their keys.
    pub links: bool,
    /// What it has to do with Stripe.
    pub stripe: StripeUse,
    /// The usual status of its answer.
    pub status: StatusCode,
    /// An example of a body; empty if it takes none.
    pub example: &'static str,
    /// The codes that it may answer.
    pub codes: fn() -> Vec<Code>,
    /// Whether it can give the role to somebody, by the pack's data.
    pub gives: fn(&Pack, &RoleId) -> bool,
    run: fn(Arc<Service>, Incoming) -> BoxFuture<'static, Response<Body>>,
}

impl Row {
    const fn of<O: Operation>() -> Self {
        Self {
            name: O::NAME,
            method: O::METHOD,
            path: O::PATH,
            public: O::Scope::PUBLIC,
            services_only: O::Scope::SERVICES_ONLY,
            idempotent: O::IDEMPOTENT,
            links: O::LINKS,
            stripe: O::STRIPE,
            status: O::Output::STATUSES[0],
            example: O::EXAMPLE,
            codes: describe::codes::<O>,
            gives: O::gives,
            run: |service, incoming| runner::run::<O>(service, incoming).boxed(),
        }
    }

    /// Runs one request.
    pub async fn run(&self, service: Arc<Service>, incoming: Incoming) -> Response<Body> {
        (self.run)(service, incoming).await
    }

    /// The route, as API Gateway writes it: `POST /v1/me`.
    pub fn route(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Describes an operation, and adds the schemas that it uses, for the API reference.
type Describe = fn(&mut Schemas) -> Described;

/// Makes the table of operations, and a second one of their descriptions. The executable of Lambda does not use the
/// second one, so the linker leaves it out.
macro_rules! table {
    ($($operation:path,)*) => {
        static TABLE: &[Row] = &[$(Row::of::<$operation>()),*];
        static DESCRIPTIONS: &[Describe] = &[$(describe::describe::<$operation>),*];
    };
}

table![
    me::enter::Enter,
    me::get_me::GetMe,
    me::update_me::UpdateMe,
    me::delete_me::DeleteMe,
    me::list_my_invitations::ListMyInvitations,
    workspace::create_workspace::CreateWorkspace,
    workspace::list_workspaces::ListWorkspaces,
    workspace::get_workspace::GetWorkspace,
    workspace::update_workspace::UpdateWorkspace,
    workspace::update_settings::UpdateSettings,
    workspace::delete_workspace::DeleteWorkspace,
    workspace::upload_logo::UploadLogo,
    workspace::get_logo::GetLogo,
    workspace::remove_logo::RemoveLogo,
    workspace::set_coordinator::SetCoordinator,
    workspace::get_coordinator::GetCoordinator,
    workspace::transfer_workspace::TransferWorkspace,
    workspace::list_all_workspaces::ListAllWorkspaces,
    member::add_member::AddMember,
    member::list_members::ListMembers,
    member::export_members::ExportMembers,
    member::change_role::ChangeRole,
    member::remove_member::RemoveMember,
    member::leave_workspace::LeaveWorkspace,
    seat::assign_seat::AssignSeat,
    seat::release_seat::ReleaseSeat,
    seat::assign_seats::AssignSeats,
    invitation::invite::Invite,
    invitation::list_invitations::ListInvitations,
    invitation::get_invitation_quota::GetInvitationQuota,
    invitation::change_invitation::ChangeInvitation,
    invitation::resend_invitation::ResendInvitation,
    invitation::revoke_invitation::RevokeInvitation,
    invitation::create_link::CreateLink,
    invitation::list_links::ListLinks,
    invitation::revoke_link::RevokeLink,
    invitation::link_domain::LinkDomain,
    invitation::list_domains::ListDomains,
    invitation::unlink_domain::UnlinkDomain,
    invitation::preview_invitation::PreviewInvitation,
    invitation::join::Join,
    invitation::decline_invitation::DeclineInvitation,
    seat::buy_seats::BuySeats,
    seat::list_seats::ListSeats,
    seat::cancel_seat::CancelSeat,
    seat::reactivate_seat::ReactivateSeat,
    seat::change_seat_tier::ChangeSeatTier,
    seat::set_add_on::SetAddOn,
    billing::set_add_on_everywhere::SetAddOnEverywhere,
    billing::preview_purchase::PreviewPurchase,
    billing::get_purchase::GetPurchase,
    billing::discard_purchase::DiscardPurchase,
    billing::get_billing::GetBilling,
    billing::change_plan::ChangePlan,
    billing::set_plan::SetPlan,
    billing::open_billing_portal::OpenBillingPortal,
    billing::list_invoices::ListInvoices,
    billing::cancel_subscription::CancelSubscription,
    billing::get_credits::GetCredits,
    billing::buy_credits::BuyCredits,
    billing::spend_credits::SpendCredits,
    payments::stripe_webhook::TakeWebhook,
    leave::request_leave::RequestLeave,
    leave::list_leave_requests::ListLeaveRequests,
    leave::withdraw_leave::WithdrawLeave,
    leave::approve_leave::ApproveLeave,
    leave::deny_leave::DenyLeave,
    product::get_product::GetProduct,
    api_key::create_api_key::CreateApiKey,
    api_key::list_api_keys::ListApiKeys,
    api_key::set_api_key_limits::SetApiKeyLimits,
    api_key::revoke_api_key::RevokeApiKey,
    api_key::rotate_api_key::RotateApiKey,
    api_key::delete_api_key::DeleteApiKey,
    api_key::verify_api_key::VerifyApiKey,
    resource::add_resource::AddResource,
    resource::list_resources::ListResources,
    resource::remove_resource::RemoveResource,
    event_log::list_events::ListEvents,
    event_log::export_events::ExportEvents,
    access::authorize::Authorize,
    access::list_permissions::ListPermissions,
];

/// Every operation, with its description.
pub(crate) fn described() -> impl Iterator<Item = (&'static Row, Describe)> {
    TABLE.iter().zip(DESCRIPTIONS.iter().copied())
}

/// Every operation.
pub fn all() -> &'static [Row] {
    TABLE
}

/// The operation of that name.
pub fn find(name: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.name == name)
}

/// The operation with this Cedar action.
pub fn of_action(action: &str) -> Option<&'static Row> {
    static BY_ACTION: LazyLock<HashMap<String, &'static Row>> =
        LazyLock::new(|| all().iter().map(|row| (camel_case(row.name), row)).collect());
    BY_ACTION.get(action).copied()
}
