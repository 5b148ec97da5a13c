//! A scene in words, without ids.

use std::collections::BTreeMap;

use seatwise_domain::{
    EmailAddress, InvitationState, LeaveState, Occupant, Seating, Tally, UserId, Workspace, WorkspaceId,
};
use uuid::Uuid;

use super::acts::{NAMES, of_scene};
use crate::support::table::Dump;

/// The contents of a scene, without ids: two scenes in which the same was done read the same.
pub(super) fn summary(dump: &Dump, scene: usize) -> String {
    let names: BTreeMap<UserId, &str> =
        NAMES.into_iter().map(|name| (of_scene(name, scene).id(), name)).collect();
    let name = |id: &UserId| names.get(id).copied().unwrap_or("a stranger");
    let address = |email: Option<&EmailAddress>| {
        let typed = email.map_or("a link", EmailAddress::as_typed);
        typed.replace(&format!("-{scene}@acme.example"), "")
    };
    let mut lines = Vec::new();
    for workspace in dump.workspaces.values().filter(|workspace| names.contains_key(&workspace.creator)) {
        let id = workspace.id;
        // Ids differ from run to run.
        let counts = Tally { workspace: WorkspaceId(Uuid::nil()), ..dump.tallies[&id].clone() };
        lines.push(format!("{} of {}: {counts:?}", workspace.name, name(&workspace.creator)));
        let item = |what: &str| dump.items.get(&(format!("W#{id}"), what.to_owned()));
        let coordinator = item("COORDINATOR").map(|item| (&item["name"], &item["email"]));
        let logo = has_logo(dump, workspace);
        lines.push(format!("logo {logo}, coordinator {coordinator:?}, {:?}", workspace.settings));
        for link in dump.links.values().filter(|link| link.workspace == id) {
            lines.push(format!("link for {} of {}, open: {}", link.role.0, name(&link.made_by), link.open));
        }
        for claim in dump.claims.values().filter(|claim| claim.workspace == id) {
            let is_checked = dump.checks.contains(&(id, claim.domain.clone()));
            let is_verified = claim.verified_at.is_some();
            let by = name(&claim.claimed_by);
            lines.push(format!("a domain of {by}, verified: {is_verified}, looked up: {is_checked}"));
        }
        for member in dump.members_of(id) {
            let seat = match &member.seat {
                Seating::Seat(hold) => format!("{} until {:?}", hold.tier.0, hold.term.ends),
                other => format!("{other:?}"),
            };
            let leaves = if member.pending_leave.is_some() { ", asks to leave" } else { "" };
            let first_name = member.first_name.as_ref().map(ToString::to_string);
            lines.push(format!("{} {first_name:?} {} on {seat}{leaves}", name(&member.user), member.role.0));
        }
        for seat in dump.seats_of(id) {
            let holder = match seat.occupant {
                Occupant::Nobody => "nobody".to_owned(),
                Occupant::Member(user) => name(&user).to_owned(),
                Occupant::Invitation(id) => {
                    format!("invited {}", address(dump.invitations[&id].email.as_ref()))
                }
            };
            lines.push(format!("seat {} until {:?} of {holder}", seat.tier.0, seat.term.ends));
        }
        for invitation in dump.invitations_of(id) {
            let state = match &invitation.state {
                InvitationState::Accepted { by, .. } => format!("accepted by {}", name(by)),
                InvitationState::Pending => "pending".to_owned(),
                InvitationState::Revoked { .. } => "revoked".to_owned(),
                InvitationState::Declined { .. } => "declined".to_owned(),
            };
            let mails = dump.mails.values().filter(|mail| mail.invitation == invitation.id).count();
            let (email, role) = (address(invitation.email.as_ref()), &invitation.role);
            lines.push(format!(
                "{email} invited as {}: {state}, {mails} mails, {} told",
                role.0,
                invitation.deliveries.len()
            ));
        }
        for slot in dump.slots.values().filter(|slot| slot.workspace == id) {
            let whose = NAMES.into_iter().find(|name| {
                EmailAddress::try_from(of_scene(name, scene).email).map(|email| email.key())
                    == Ok(slot.email.clone())
            });
            let member = slot.member.as_ref().map(name);
            lines
                .push(format!("address of {whose:?}: pending {}, member {member:?}", slot.pending.is_some()));
        }
        for request in dump.leaves.values().filter(|request| request.workspace == id) {
            let state = match &request.state {
                LeaveState::Pending => "pending".to_owned(),
                LeaveState::Approved { by, .. } => format!("approved by {}", name(by)),
                LeaveState::Denied { by, .. } => format!("denied by {}", name(by)),
                LeaveState::Withdrawn { .. } => "withdrawn".to_owned(),
            };
            lines.push(format!("{} asked to leave: {state}", name(&request.id.user)));
        }
        for purchase in dump.purchases.iter().filter(|purchase| purchase.workspace == id) {
            let bought = purchase.lines.iter().map(|line| format!("{} {}", line.quantity, line.item.0));
            let bought: Vec<String> = bought.collect();
            lines.push(format!("{} bought {}: {:?}", name(&purchase.by), bought.join(", "), purchase.state));
        }
        for (_, user) in dump.joined.keys().filter(|(workspace, _)| *workspace == id) {
            lines.push(format!("{} is in", name(user)));
        }
    }
    for user in dump.users.values().filter(|user| names.contains_key(&user.id)) {
        let first_name = user.first_name.as_ref().map(ToString::to_string);
        lines.push(format!("account of {} {first_name:?}", name(&user.id)));
    }
    for receipt in dump.receipts.iter().filter(|receipt| names.contains_key(&receipt.user)) {
        lines.push(format!(
            "receipt of {} for {}: {}",
            name(&receipt.user),
            receipt.operation,
            receipt.status
        ));
    }
    // Their order is that of random ids.
    lines.sort();
    lines.join("\n")
}

/// Whether the workspace has a logo. The stored pictures must be those that workspaces name.
fn has_logo(dump: &Dump, workspace: &Workspace) -> bool {
    let partition = format!("W#{}", workspace.id);
    let is_picture = |(pk, sk): &&(String, String)| *pk == partition && sk.starts_with("LOGO#");
    let stored: Vec<&str> = dump.items.keys().filter(is_picture).map(|(_, sk)| sk.as_str()).collect();
    let expected: Vec<String> = workspace.logo.iter().map(|logo| format!("LOGO#{}", logo.key)).collect();
    assert_eq!(stored, expected, "the pictures of {}", workspace.name);
    workspace.logo.is_some()
}
