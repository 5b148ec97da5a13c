//! The notices of a workspace about seats and payment, which a client shows as banners (S14).

use jiff::Timestamp;
use seatwise_domain::pack::{Pack, SeatModel};
use seatwise_domain::{
    BillingAccount, Member, Quota, Seat, Seating, Stored, Subscription, SubscriptionStatus, Tally, Workspace,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::renewal::next_renewal;

/// A notice for the members of a workspace.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// The kind of notice. `renewal_near`: what the workspace pays for renews soon. `seats_expiring`: cancelled
    /// seats end soon. `payment_failed`: a payment is overdue. `subscription_ends`: nothing renews, and everything
    /// that is paid online ends. `members_suspended`: members wait for a seat, because the plan has fewer seats than
    /// it had. `quota_near`: most of the email invitations are used. `domain_record_missing`: a verified domain has
    /// lost its DNS record; shown to callers who can list the domains. Later versions can add codes.
    #[schema(example = "renewal_near")]
    pub code: &'static str,
    /// `seats_expiring`, `members_suspended`: the number of affected seats or members. `quota_near`: the number of
    /// email invitations that are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub count: Option<u32>,
    /// `renewal_near`: the time of the renewal. `seats_expiring`: the end of the first of the seats.
    /// `subscription_ends`: the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    pub at: Option<Timestamp>,
    /// `domain_record_missing`: the domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub domain: Option<String>,
    /// `payment_failed`: the time from which nothing is usable that is not paid. `quota_near`: the time when the quota
    /// resets. `domain_record_missing`: the time from which nobody joins by the domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    pub until: Option<Timestamp>,
    /// `payment_failed`: the page of the overdue invoice, for callers who can read the billing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "uri")]
    pub pay_url: Option<String>,
}

/// Whether members can wait for a seat that they had.
pub fn can_suspend(pack: &Pack) -> bool {
    pack.seats.model == SeatModel::ByRole
}

/// The number of members who wait for a seat that they had.
pub fn suspended(members: &[Stored<Member>]) -> usize {
    members.iter().filter(|member| matches!(member.value.seat, Seating::Suspended { .. })).count()
}

/// What the notices are made of.
pub struct NoticeSource<'a> {
    /// The product.
    pub pack: &'a Pack,
    /// The workspace.
    pub workspace: &'a Stored<Workspace>,
    /// Its counts.
    pub tally: &'a Tally,
    /// The seats that it has bought.
    pub seats: &'a [Stored<Seat>],
    /// Its account at Stripe.
    pub account: Option<&'a BillingAccount>,
    /// The quota of email invitations, if the caller may see it.
    pub quota: Option<&'a Quota>,
    /// The number of members who wait for a seat that they had.
    pub suspended: usize,
    /// Whether the caller may read the billing.
    pub sees_billing: bool,
    /// The time.
    pub now: Timestamp,
}

impl NoticeSource<'_> {
    /// The notices.
    pub fn notices(&self) -> Vec<Notice> {
        let found = [
            self.payment_failed(),
            self.subscription_ends(),
            self.renewal_near(),
            self.seats_expiring(),
            self.members_suspended(),
            self.quota_near(),
        ];
        found.into_iter().flatten().collect()
    }

    /// The time until which something is near.
    fn horizon(&self) -> Option<Timestamp> {
        self.pack.billing.notice.map(|notice| notice.after(self.now))
    }

    fn overdue(&self) -> Option<&Subscription> {
        let subscription = self.account?.subscription.as_ref()?;
        Some(subscription).filter(|subscription| subscription.status == SubscriptionStatus::PastDue)
    }

    fn payment_failed(&self) -> Option<Notice> {
        let subscription = self.overdue()?;
        Some(Notice {
            code: "payment_failed",
            until: self.workspace.value.paid.and_then(|paid| paid.lapses_at).filter(|end| self.now < *end),
            pay_url: subscription.pay_url.clone().filter(|_| self.sees_billing),
            ..Notice::default()
        })
    }

    fn subscription_ends(&self) -> Option<Notice> {
        let end = self.workspace.value.paid?.lapses_at.filter(|end| self.now < *end)?;
        let is_told = self.overdue().is_some();
        (!is_told).then(|| Notice { code: "subscription_ends", at: Some(end), ..Notice::default() })
    }

    fn renewal_near(&self) -> Option<Notice> {
        let renewal = next_renewal(self.pack, self.workspace, self.tally, self.seats, self.now)?;
        let is_near = renewal <= self.horizon()?;
        is_near.then(|| Notice { code: "renewal_near", at: Some(renewal), ..Notice::default() })
    }

    fn seats_expiring(&self) -> Option<Notice> {
        let horizon = self.horizon()?;
        let ends = self.seats.iter().filter_map(|seat| seat.value.term.ends);
        let near: Vec<Timestamp> = ends.filter(|end| self.now < *end && *end <= horizon).collect();
        let first = near.iter().min()?;
        let count = u32::try_from(near.len()).ok();
        Some(Notice { code: "seats_expiring", count, at: Some(*first), ..Notice::default() })
    }

    fn members_suspended(&self) -> Option<Notice> {
        let count = u32::try_from(self.suspended).ok().filter(|count| *count > 0)?;
        Some(Notice { code: "members_suspended", count: Some(count), ..Notice::default() })
    }

    fn quota_near(&self) -> Option<Notice> {
        let quota = self.quota?;
        // A fifth is left.
        let is_near = quota.remaining().saturating_mul(5) <= quota.limit();
        let (count, until) = (Some(quota.remaining()), quota.window.ends);
        is_near.then(|| Notice { code: "quota_near", count, until, ..Notice::default() })
    }
}
