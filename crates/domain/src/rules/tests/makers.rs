//! The review of what a member made, after they lost a role or left.

use super::members::ways_out;
use super::written;
use crate::pack::LeaveBy;
use crate::rules::tests::fixture::*;
use crate::rules::{maker, member};
use crate::{
    Change, Invitation, InvitationState, MakerReview, MakerStamp, PastRole, Record, RoleLink, Seating, Task,
    TaskKind,
};

#[test]
fn k47_who_loses_a_right_to_invite_is_reviewed() {
    let (mut pack, workspace, tally) = (pack_by_role(), workspace(), open_seats(3));
    pack.leave.by = LeaveBy::Direct;
    let given = context(&pack, &workspace, &tally, &[]);
    let reviewed = |changes: &[Change]| {
        written(changes).find_map(|record| match record {
            Record::Task(Task { kind: TaskKind::MakerReview(review), .. }) => Some(review.role.clone()),
            _ => None,
        })
    };
    for (before, after, then) in [
        ("boss", "worker", Some(Some(role("worker")))),
        ("worker", "guest", Some(Some(role("guest")))),
        ("worker", "boss", None),
        ("guest", "worker", None),
    ] {
        let given_member = member(5, before, Seating::None);
        let (member, changes) =
            member::change_role(given, &given_member, &role(after), &mut moment()).unwrap();
        assert_eq!(reviewed(&changes), then, "{before} {after}");
        assert_eq!(member.role_since, Some(now()));
        assert_eq!(member.past_roles, [PastRole { role: role(before), until: now() }]);
    }
    for (name, then) in [("boss", Some(None)), ("worker", Some(None)), ("guest", None)] {
        for changes in ways_out(given, &member(5, name, Seating::None)) {
            assert_eq!(reviewed(&changes.unwrap()), then, "{name}");
        }
    }
}

#[test]
fn k47_a_review_ends_what_the_role_could_not_make() {
    let pack = pack_by_role();
    let at = now() + days(1);
    let review =
        |name: Option<&str>| MakerReview { workspace: WORKSPACE, user: user(1), role: name.map(role), at };
    for (name, made, then) in [
        (None, "guest", "ends"),
        (Some("guest"), "guest", "ends"),
        (Some("worker"), "worker", "stays"),
        (Some("worker"), "boss", "ends"),
    ] {
        let mut invitation = invitation(Some("tea@acme.example"), None);
        invitation.value.role = role(made);
        let of_invitation = maker::review_invitation(makers(&pack), &review(name), &invitation, at);
        let of_link = maker::review_link(makers(&pack), &review(name), &link(made));
        let records = written(&of_invitation).chain(written(&of_link));
        let states: Vec<_> = records
            .map(|record| match record {
                Record::Invitation(Invitation { state, maker, .. }) => {
                    (*state == InvitationState::Pending, maker.clone())
                }
                Record::RoleLink(RoleLink { open, maker, .. }) => (*open, maker.clone()),
                other => panic!("{other:?}"),
            })
            .collect();
        let stamp = MakerStamp { role: role(name.unwrap_or("boss")), since: Some(at), at: now() };
        let state = if then == "stays" { (true, Some(stamp)) } else { (false, Some(boss_stamp())) };
        assert_eq!(states, [state.clone(), state], "{name:?} {made}");
    }
    // What somebody else made, or what was made afterwards, is not concerned.
    for (by, made_at) in [(2, now()), (1, at + days(1))] {
        let mut invitation = invitation(Some("tea@acme.example"), None);
        invitation.value.invited_by = user(by);
        invitation.value.maker = Some(MakerStamp { at: made_at, ..boss_stamp() });
        assert!(maker::review_invitation(makers(&pack), &review(None), &invitation, at).is_empty());
    }
}
