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
    pub(crate) describe: fn(&mut Schemas) -> Described,
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
            describe: describe::describe::<O>,
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

static TABLE: &[Row] = &[
    Row::of::<me::enter::Enter>(),
    Row::of::<me::get_me::GetMe>(),
    Row::of::<me::update_me::UpdateMe>(),
    Row::of::<me::delete_me::DeleteMe>(),
    Row::of::<me::list_my_invitations::ListMyInvitations>(),
    Row::of::<workspace::create_workspace::CreateWorkspace>(),
    Row::of::<workspace::list_workspaces::ListWorkspaces>(),
    Row::of::<workspace::get_workspace::GetWorkspace>(),
    Row::of::<workspace::update_workspace::UpdateWorkspace>(),
    Row::of::<workspace::update_settings::UpdateSettings>(),
    Row::of::<workspace::delete_workspace::DeleteWorkspace>(),
    Row::of::<workspace::upload_logo::UploadLogo>(),
    Row::of::<workspace::get_logo::GetLogo>(),
    Row::of::<workspace::remove_logo::RemoveLogo>(),
    Row::of::<workspace::set_coordinator::SetCoordinator>(),
    Row::of::<workspace::get_coordinator::GetCoordinator>(),
    Row::of::<workspace::transfer_workspace::TransferWorkspace>(),
    Row::of::<workspace::list_all_workspaces::ListAllWorkspaces>(),
    Row::of::<member::add_member::AddMember>(),
    Row::of::<member::list_members::ListMembers>(),
    Row::of::<member::export_members::ExportMembers>(),
    Row::of::<member::change_role::ChangeRole>(),
    Row::of::<member::remove_member::RemoveMember>(),
    Row::of::<member::leave_workspace::LeaveWorkspace>(),
    Row::of::<seat::assign_seat::AssignSeat>(),
    Row::of::<seat::release_seat::ReleaseSeat>(),
    Row::of::<seat::assign_seats::AssignSeats>(),
    Row::of::<invitation::invite::Invite>(),
    Row::of::<invitation::list_invitations::ListInvitations>(),
    Row::of::<invitation::get_invitation_quota::GetInvitationQuota>(),
    Row::of::<invitation::change_invitation::ChangeInvitation>(),
    Row::of::<invitation::resend_invitation::ResendInvitation>(),
    Row::of::<invitation::revoke_invitation::RevokeInvitation>(),
    Row::of::<invitation::create_link::CreateLink>(),
    Row::of::<invitation::list_links::ListLinks>(),
    Row::of::<invitation::revoke_link::RevokeLink>(),
    Row::of::<invitation::link_domain::LinkDomain>(),
    Row::of::<invitation::list_domains::ListDomains>(),
    Row::of::<invitation::unlink_domain::UnlinkDomain>(),
    Row::of::<invitation::preview_invitation::PreviewInvitation>(),
    Row::of::<invitation::join::Join>(),
    Row::of::<invitation::decline_invitation::DeclineInvitation>(),
    Row::of::<seat::buy_seats::BuySeats>(),
    Row::of::<seat::list_seats::ListSeats>(),
    Row::of::<seat::cancel_seat::CancelSeat>(),
    Row::of::<seat::reactivate_seat::ReactivateSeat>(),
    Row::of::<seat::change_seat_tier::ChangeSeatTier>(),
    Row::of::<seat::set_add_on::SetAddOn>(),
    Row::of::<billing::set_add_on_everywhere::SetAddOnEverywhere>(),
    Row::of::<billing::preview_purchase::PreviewPurchase>(),
    Row::of::<billing::get_purchase::GetPurchase>(),
    Row::of::<billing::discard_purchase::DiscardPurchase>(),
    Row::of::<billing::get_billing::GetBilling>(),
    Row::of::<billing::change_plan::ChangePlan>(),
    Row::of::<billing::set_plan::SetPlan>(),
    Row::of::<billing::open_billing_portal::OpenBillingPortal>(),
    Row::of::<billing::list_invoices::ListInvoices>(),
    Row::of::<billing::cancel_subscription::CancelSubscription>(),
    Row::of::<billing::get_credits::GetCredits>(),
    Row::of::<billing::buy_credits::BuyCredits>(),
    Row::of::<billing::spend_credits::SpendCredits>(),
    Row::of::<payments::stripe_webhook::TakeWebhook>(),
    Row::of::<leave::request_leave::RequestLeave>(),
    Row::of::<leave::list_leave_requests::ListLeaveRequests>(),
    Row::of::<leave::withdraw_leave::WithdrawLeave>(),
    Row::of::<leave::approve_leave::ApproveLeave>(),
    Row::of::<leave::deny_leave::DenyLeave>(),
    Row::of::<product::get_product::GetProduct>(),
    Row::of::<api_key::create_api_key::CreateApiKey>(),
    Row::of::<api_key::list_api_keys::ListApiKeys>(),
    Row::of::<api_key::set_api_key_limits::SetApiKeyLimits>(),
    Row::of::<api_key::revoke_api_key::RevokeApiKey>(),
    Row::of::<api_key::rotate_api_key::RotateApiKey>(),
    Row::of::<api_key::delete_api_key::DeleteApiKey>(),
    Row::of::<api_key::verify_api_key::VerifyApiKey>(),
    Row::of::<resource::add_resource::AddResource>(),
    Row::of::<resource::list_resources::ListResources>(),
    Row::of::<resource::remove_resource::RemoveResource>(),
    Row::of::<event_log::list_events::ListEvents>(),
    Row::of::<event_log::export_events::ExportEvents>(),
    Row::of::<access::authorize::Authorize>(),
    Row::of::<access::list_permissions::ListPermissions>(),
];

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
