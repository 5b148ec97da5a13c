//! Refusals by the policies: their code, their reason, and the sentence that says who may.

use seatwise_domain::{Pack, RoleId};
use seatwise_policy::{AccessRequest, Bundle, NOT_OFFERED, Principal, UserFacts};

use crate::problem::{Code, NOT_PERMITTED, Problem};

/// The refusal of an action that the pack does not offer to anybody; `None`, if the pack offers it.
pub fn unoffered(bundle: &Bundle, action: &str) -> Option<Problem> {
    let is_offered = bundle.action(action).is_none_or(|info| bundle.offers(info));
    (!is_offered).then(|| unoffered_code(bundle, action).into())
}

/// The code of an action that is not offered.
fn unoffered_code(bundle: &Bundle, action: &str) -> Code {
    let groups = bundle.groups(action);
    let is_in = |prefix: &str| groups.iter().any(|group| group.starts_with(prefix));
    if is_in("leave.") {
        Code::LeaveNotOffered
    } else if is_in("links.") || is_in("domains.") {
        Code::ChannelNotOffered
    } else if is_in("billing.") || is_in("credits.") {
        Code::BillingNotOffered
    } else {
        Code::NotOffered
    }
}

/// The problem of a request that the policies denied for this reason. A reason that is a code becomes the code
/// of the answer.
pub fn denied(bundle: &Bundle, request: &AccessRequest<'_>, reason: Option<String>) -> Problem {
    let action = request.action;
    let code = reason.as_deref().filter(|reason| *reason != NOT_OFFERED).and_then(Code::named);
    let info = bundle.action(action);
    match (request.principal, code) {
        _ if info.is_some_and(|info| !bundle.offers(info)) => unoffered_code(bundle, action).into(),
        (Principal::Member(_), _) if is_for_nobody(bundle, request, reason.as_deref()) => {
            unoffered_code(bundle, action).into()
        }
        (_, Some(code)) if info.is_some_and(|info| info.is_operation) => {
            Problem { reason: reason.map(Into::into), ..code.into() }
        }
        (Principal::Member(member), _) => {
            let plan = request.workspace.map_or("", |workspace| &workspace.plan);
            let roles = bundle.permitted_roles(action, plan, request.now);
            let detail = who_may(bundle.pack(), &roles, &member.role, reason.as_deref());
            forbidden(reason, Some(detail))
        }
        (Principal::Service(_), _) => {
            let detail = "The policies of the product do not permit this service to do this.";
            forbidden(reason, Some(detail.to_owned()))
        }
        (Principal::User(_), None) if reason.is_none() && !bundle.is_floor_only() => {
            let code =
                if is_for_verified(bundle, request) { Code::EmailNotVerified } else { Code::NotOffered };
            code.into()
        }
        (Principal::User(_) | Principal::Visitor, _) => forbidden(reason, None),
    }
}

fn forbidden(reason: Option<String>, detail: Option<String>) -> Problem {
    let reason = Some(reason.map_or_else(|| NOT_PERMITTED.into(), Into::into));
    Problem { detail: detail.map(Into::into), reason, ..Code::Forbidden.into() }
}

/// Whether the pack permits the action to no role on any plan, without a forbid that gives a reason of the
/// pack's own.
fn is_for_nobody(bundle: &Bundle, request: &AccessRequest<'_>, reason: Option<&str>) -> bool {
    let gives_reason = reason.is_some_and(|reason| bundle.is_reason_of_pack(reason));
    !gives_reason && !bundle.is_permitted_to_some(request.action, request.now)
}

/// Whether the caller could do it with a verified address.
fn is_for_verified(bundle: &Bundle, request: &AccessRequest<'_>) -> bool {
    let Principal::User(user) = request.principal else { return false };
    let verified = Principal::User(UserFacts { email_verified: true, ..user.clone() });
    bundle.allows(&AccessRequest { principal: &verified, ..*request })
}

/// The sentence that says who may do what the caller may not.
fn who_may(pack: &Pack, roles: &[RoleId], own: &RoleId, reason: Option<&str>) -> String {
    if roles.is_empty() {
        return "Nobody in this workspace can do this at present.".to_owned();
    }
    let labels = roles.iter().filter_map(|role| pack.role(role)).map(|role| role.label.as_str());
    let labels = in_words(&labels.collect::<Vec<_>>());
    if !roles.contains(own) {
        return format!("Only {labels} can do this.");
    }
    match reason {
        Some("not_the_creator") => "Only the creator of the workspace can do this.".to_owned(),
        Some("not_your_key") => "Only the member whose key it is can do this.".to_owned(),
        Some("not_your_request") => "Only the member who asked to leave can do this.".to_owned(),
        Some("target_outranks_you") => {
            "Only a member whose role ranks at least as high as that of the affected member can do this."
                .to_owned()
        }
        _ => format!("{labels} can do this, but a rule of the product forbids it in this case."),
    }
}

/// `A`, `A and B`, `A, B and C`.
fn in_words(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_joined_as_in_a_sentence() {
        for (names, words) in [(&["A"][..], "A"), (&["A", "B"], "A and B"), (&["A", "B", "C"], "A, B and C")]
        {
            assert_eq!(in_words(names), words);
        }
    }
}
