//! Inviting: by address, by link, and how often.

use std::slice;

use uuid::Uuid;

use super::written;
use crate::pack::{Channel, InvitedRole, QuotaPeriod, QuotaRule};
use crate::rules::invitation::{InviteContext, ResendContext};
use crate::rules::tests::fixture::*;
use crate::rules::{invitation, quota, role_link};
use crate::{
    Change, FromRecord, InvitationTerms, Moment, Occupant, Pack, QuotaWindow, Record, RecordKey, Refusal,
    RoleLink, SeatId, Seating, Stored,
};

#[test]
fn k3_an_address_is_invited_once_at_a_time() {
    let boss = member(1, "boss", Seating::None).value;
    let soon = now() + days(1);
    let (pack, workspace, wanted) = (pack(), workspace(), InvitationTerms::default());
    let inviting = InviteContext {
        pack: &pack,
        workspace: &workspace,
        inviter: &boss,
        makers: makers(&pack),
        wanted: &wanted,
    };
    for (slot, then) in [
        (None, Ok(())),
        (Some(slot(Some(soon), None)), Err(Refusal::InvitationPending)),
        (Some(slot(None, Some(5))), Err(Refusal::AlreadyMember)),
        // An invitation that has expired, even at this very moment, makes way.
        (Some(slot(Some(now()), None)), Ok(())),
        (Some(slot(None, None)), Ok(())),
    ] {
        let seats = [seat(1, "small", Occupant::Nobody)];
        let address = email("a@x.example");
        let invited = invitation::invite(
            inviting,
            Some(&address),
            slot.as_ref(),
            &seats,
            &mut mail_budget(&pack, now()),
            &mut moment(),
        );
        let kept = invited.map(|(invitation, _)| invitation.seat);
        assert_eq!(kept, then.map(|()| Some(seats[0].value.hold())), "{slot:?}");
    }
}

#[test]
fn s3_what_an_invitation_may_be_for() {
    for (rule, wanted, then) in [
        (InvitedRole::Chosen, None, Ok("worker")),
        (InvitedRole::Chosen, Some("boss"), Ok("boss")),
        (InvitedRole::Chosen, Some("king"), Err(Refusal::RoleUnknown)),
        (InvitedRole::Fixed, None, Ok("worker")),
        (InvitedRole::Fixed, Some("worker"), Ok("worker")),
        (InvitedRole::Fixed, Some("boss"), Err(Refusal::RoleUnknown)),
        // Only a link has another role.
        (InvitedRole::ByLink, Some("worker"), Ok("worker")),
        (InvitedRole::ByLink, Some("boss"), Err(Refusal::RoleUnknown)),
    ] {
        let mut pack = pack();
        pack.invitation.role = rule;
        let said = invitation::invited_role(&pack, wanted.map(role).as_ref());
        assert_eq!(said, then.map(role), "{rule:?} {wanted:?}");
    }
}

#[test]
fn s3_one_invites_by_the_ways_that_the_pack_has() {
    let boss = member(1, "boss", Seating::None).value;
    let (workspace, wanted, tea) = (workspace(), InvitationTerms::default(), email("tea@acme.example"));
    for (channels, address, then) in [
        (vec![Channel::Email], Some(&tea), Ok(())),
        (vec![Channel::Email, Channel::Link], None, Err(Refusal::ChannelNotOffered)),
        (vec![Channel::SingleUse], None, Ok(())),
        (vec![Channel::SingleUse, Channel::Link], Some(&tea), Err(Refusal::ChannelNotOffered)),
    ] {
        let mut pack = pack_by_role();
        pack.invitation.channels.clone_from(&channels);
        let inviting = InviteContext {
            pack: &pack,
            workspace: &workspace,
            inviter: &boss,
            makers: makers(&pack),
            wanted: &wanted,
        };
        let invited =
            invitation::invite(inviting, address, None, &[], &mut mail_budget(&pack, now()), &mut moment());
        assert_eq!(invited.map(|_| ()), then, "{channels:?} {address:?}");
    }
}

#[test]
fn r8_an_invitation_is_there_with_or_without_its_mail() {
    let boss = member(1, "boss", Seating::None).value;
    let (pack, workspace, tea) = (pack_by_role(), workspace(), email("tea@acme.example"));
    for (send_email, address, mails) in [(true, Some(&tea), 1), (false, Some(&tea), 0), (true, None, 0)] {
        let wanted = InvitationTerms { send_email, ..InvitationTerms::default() };
        let inviting = InviteContext {
            pack: &pack,
            workspace: &workspace,
            inviter: &boss,
            makers: makers(&pack),
            wanted: &wanted,
        };
        let mut budget = mail_budget(&pack, now());
        let (made, mut changes) =
            invitation::invite(inviting, address, None, &[], &mut budget, &mut moment()).unwrap();
        changes.extend(budget.into_changes());
        assert!(changes.contains(&Change::Create(Record::Invitation(made.clone()))));
        let sent = written(&changes).filter(|record| matches!(record, Record::Task(_))).count();
        assert_eq!((sent, made.deliveries.len()), (mails, mails), "{send_email} {address:?}");
    }
}

#[test]
fn r10_an_invitation_does_not_undo_that_somebody_left() {
    let boss = member(1, "boss", Seating::None).value;
    let (pack, workspace, wanted) = (pack_by_role(), workspace(), InvitationTerms::default());
    let inviting = InviteContext {
        pack: &pack,
        workspace: &workspace,
        inviter: &boss,
        makers: makers(&pack),
        wanted: &wanted,
    };
    for left in [true, false] {
        let mut before = slot(None, None);
        before.value.left = left;
        let address = email("a@x.example");
        let (_, changes) = invitation::invite(
            inviting,
            Some(&address),
            Some(&before),
            &[],
            &mut mail_budget(&pack, now()),
            &mut moment(),
        )
        .unwrap();
        let after = written(&changes).find_map(|record| match record {
            Record::EmailSlot(slot) => Some((slot.left, slot.pending.is_some())),
            _ => None,
        });
        assert_eq!(after, Some((left, true)));
    }
}

#[test]
fn f7_a_resent_invitation_lasts_anew_and_keeps_its_seat() {
    let own_seat = seat(1, "small", Occupant::Invitation(invitation_id(50)));
    let given = invitation(Some("tea@acme.example"), Some(&own_seat));
    let mut later = Moment::new(now() + days(3), [1; 32]);
    let (pack, workspace, sender) = (pack(), workspace(), member(2, "boss", Seating::None).value);
    let context = ResendContext {
        pack: &pack,
        makers: makers(&pack),
        workspace: &workspace,
        sender: &sender,
        seats: slice::from_ref(&own_seat),
        slot: None,
    };
    let mut mails = mail_budget(&pack, later.now);
    let (resent, mut changes) = invitation::resend(context, &given, &mut mails, &mut later).unwrap();
    changes.extend(mails.into_changes());
    assert_eq!((resent.expires_at, resent.generation), (Some(now() + days(10)), 1));
    // The sender becomes the maker: the invitation stays valid even if its first maker leaves.
    assert_eq!(resent.invited_by, user(2));
    let until = changes.iter().find_map(|change| match change {
        Change::ChangeOccupant { until, .. } => *until,
        _ => None,
    });
    assert_eq!(until, resent.expires_at);
    assert!(changes.iter().any(|change| matches!(change, Change::Create(Record::Task(_)))));
}

#[test]
fn r9_what_a_link_may_be_for() {
    let boss = member(1, "boss", Seating::None).value;
    for (rule, offered, name, then) in [
        (InvitedRole::Chosen, true, "worker", Ok(())),
        (InvitedRole::Chosen, true, "boss", Ok(())),
        (InvitedRole::Chosen, true, "king", Err(Refusal::RoleUnknown)),
        (InvitedRole::Chosen, false, "worker", Err(Refusal::ChannelNotOffered)),
        (InvitedRole::Fixed, true, "worker", Ok(())),
        (InvitedRole::Fixed, true, "boss", Err(Refusal::RoleUnknown)),
        (InvitedRole::ByLink, true, "boss", Ok(())),
        (InvitedRole::ByLink, true, "king", Err(Refusal::RoleUnknown)),
    ] {
        let mut pack = pack_by_role();
        pack.invitation.role = rule;
        pack.invitation.channels.retain(|channel| offered || *channel != Channel::Link);
        let made = role_link::make(&pack, WORKSPACE, &role(name), None, &boss, now());
        assert_eq!(made.map(|_| ()), then, "{rule:?} {offered} {name}");
    }
}

#[test]
fn r9_no_generation_of_a_link_comes_twice() {
    let (pack, worker) = (pack_by_role(), role("worker"));
    let make = |before: Option<&Stored<_>>, maker| {
        let maker = member(maker, "boss", Seating::None).value;
        role_link::make(&pack, WORKSPACE, &worker, before, &maker, now()).unwrap()
    };
    let (first, changes) = make(None, 1);
    assert_eq!((first.generation, first.open), (1, true));
    assert_eq!(changes, [Change::Create(Record::RoleLink(first.clone()))]);
    let first = stored(first);
    // The member who makes it again becomes its maker, and the record stays the same one.
    let (second, changes) = make(Some(&first), 2);
    assert_eq!((second.generation, second.made_by), (2, user(2)));
    assert_eq!(changes, [Change::update(&first, second.clone())]);
    assert_eq!(second.serial(), first.value.serial());
    // A revoked link is closed at once, and the next link is another one.
    let second = stored(second);
    let taken_back = match &role_link::revoke(Some(&second))[..] {
        [Change::Update(update)] if update.version == second.version => {
            stored(RoleLink::from_record(update.after.clone()).unwrap())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!((taken_back.value.open, taken_back.value.generation), (false, 2));
    let (third, _) = make(Some(&taken_back), 1);
    assert_eq!((third.generation, third.open), (3, true));
    // There is nothing to revoke.
    assert!(role_link::revoke(Some(&taken_back)).is_empty() && role_link::revoke(None).is_empty());
    assert_ne!(RoleLink::serial_of(&worker), RoleLink::serial_of(&role("boss")));
}

/// A pack: 20 invitations in total on `plan`, a daily limit on `daily` and `busy`, none on `free`.
fn limited() -> Pack {
    let mut pack = pack_by_role();
    let limit = |limit, per| Some(QuotaRule { limit, per });
    pack.plans = [
        ("plan", limit(20, QuotaPeriod::Lifetime)),
        ("daily", limit(50, QuotaPeriod::Day)),
        ("busy", limit(500, QuotaPeriod::Day)),
        ("free", None),
    ]
    .map(|(id, email_invitations)| crate::pack::Plan { email_invitations, ..plan(id, 5) })
    .into();
    pack
}

#[test]
fn r11_a_plan_limits_how_many_are_invited() {
    let today = "2024-10-04";
    for (plan, used, then) in [
        ("plan", 0, Some(("lifetime", 20, 20))),
        ("plan", 19, Some(("lifetime", 20, 1))),
        ("plan", 20, Some(("lifetime", 20, 0))),
        // They used more on a plan with a higher limit.
        ("plan", 25, Some(("lifetime", 20, 0))),
        ("daily", 49, Some((today, 50, 1))),
        ("busy", 49, Some((today, 500, 451))),
        ("free", 900, None),
        // A plan that the pack no longer has counts as the plan that workspaces start on.
        ("gone", 3, Some(("lifetime", 20, 17))),
    ] {
        let mut workspace = workspace();
        plan.clone_into(&mut workspace.plan);
        // Uses in another window do not count.
        let used_in = |window: &QuotaWindow| {
            if then.is_some_and(|(name, ..)| name == window.name) { used } else { 1_000 }
        };
        let quota = quota::quota(&limited(), &workspace, used_in, now());
        let said = quota.as_ref().map(|quota| (&quota.window.name[..], quota.limit(), quota.remaining()));
        assert_eq!(said, then, "{plan} {used}");
    }
}

#[test]
fn r11_what_is_used_is_counted_in_its_window_under_its_limit() {
    let (pack, mut workspace) = (limited(), workspace());
    "daily".clone_into(&mut workspace.plan);
    for (now, name) in [(now(), "2024-10-04"), (now() + days(1), "2024-10-05")] {
        let quota = quota::quota(&pack, &workspace, |_| 0, now).unwrap();
        let window = QuotaWindow { name: name.to_owned(), ends: Some(now + days(1)) };
        let spent = quota::spend(&quota, WORKSPACE, 3);
        assert_eq!(spent.key(), RecordKey::from(quota::key(WORKSPACE, &window)));
        let Change::UseQuota { window: counted, by, limit, .. } = &spent else { panic!("{spent:?}") };
        assert_eq!((counted, *by, *limit), (&window, 3, 50));
    }
}

#[test]
fn r11_every_window_is_read_before_the_plan_is_known() {
    let names =
        |pack: &Pack| quota::windows(pack, now()).into_iter().map(|window| window.name).collect::<Vec<_>>();
    assert_eq!(names(&limited()), ["lifetime", "2024-10-04"]);
    assert!(names(&pack_by_role()).is_empty());
}

#[test]
fn f7_an_expired_invitation_lives_anew_if_its_address_is_free() {
    let (pack, workspace, sender) = (pack(), workspace(), member(2, "boss", Seating::None).value);
    let later = now() + days(8);
    let own = seat(1, "small", Occupant::Invitation(invitation_id(50)));
    let taken = seat(1, "small", Occupant::Member(user(7)));
    let (free, large) = (seat(2, "small", Occupant::Nobody), seat(3, "large", Occupant::Nobody));
    let given = invitation(Some("tea@acme.example"), Some(&own));
    let live = slot(Some(later + days(1)), None);
    let dead = slot(Some(later), None);
    let of_member = slot(None, Some(5));
    for (seats, slot, then) in [
        (vec![own.clone()], None, Ok(1)),
        // The seat was taken after the invitation had expired: another of the same tier.
        (vec![taken.clone(), large.clone(), free.clone()], None, Ok(2)),
        (vec![taken, large], None, Err(Refusal::NoSeatOfTier)),
        (vec![own.clone()], Some(Some(&live)), Err(Refusal::InvitationPending)),
        (vec![own.clone()], Some(Some(&dead)), Ok(1)),
        (vec![own.clone()], Some(Some(&of_member)), Err(Refusal::AlreadyMember)),
        (vec![own.clone()], Some(None), Err(Refusal::InvitationRevoked)),
    ] {
        let makers = makers(&pack);
        let context = ResendContext {
            pack: &pack,
            makers,
            workspace: &workspace,
            sender: &sender,
            seats: &seats,
            slot,
        };
        let mut mails = mail_budget(&pack, later);
        let resent = invitation::resend(context, &given, &mut mails, &mut Moment::new(later, [1; 32]));
        let seat = resent.map(|(resent, changes)| {
            let written = written(&changes).filter(|record| matches!(record, Record::EmailSlot(_))).count();
            assert_eq!(written, usize::from(slot.is_some()));
            (resent.seat.map(|hold| hold.seat), resent.expires_at)
        });
        let then = then.map(|number| (Some(SeatId(Uuid::from_u128(number))), Some(later + days(7))));
        assert_eq!(seat, then, "{seats:?} {slot:?}");
    }
}

#[test]
fn f7_an_expired_invitation_ends_without_touching_what_is_free_already() {
    let own = seat(1, "small", Occupant::Invitation(invitation_id(50)));
    let given = invitation(Some("tea@acme.example"), Some(&own));
    let tea = identity(5, "tea@acme.example");
    for (at, revokes, declines) in [(now(), 3, 3), (now() + days(8), 1, 2)] {
        let revoked = invitation::revoke(&given, at).unwrap();
        let declined = invitation::decline(&tea, &given, false, at).unwrap();
        assert_eq!((revoked.len(), declined.len()), (revokes, declines), "{at}");
    }
}

#[test]
fn k47_an_invitation_that_nobody_can_use_makes_room() {
    let (pack, workspace, wanted) = (pack(), workspace(), InvitationTerms::default());
    let boss = member(1, "boss", Seating::None).value;
    let inviting = InviteContext {
        pack: &pack,
        workspace: &workspace,
        inviter: &boss,
        makers: makers(&pack),
        wanted: &wanted,
    };
    let mut dead = slot(Some(now() + days(1)), None);
    dead.value.pending.iter_mut().for_each(|pending| {
        pending.maker_role = Some(role("guest"));
    });
    let seats = [seat(1, "small", Occupant::Nobody)];
    let address = email("a@x.example");
    let mut mails = mail_budget(&pack, now());
    let (_, changes) =
        invitation::invite(inviting, Some(&address), Some(&dead), &seats, &mut mails, &mut moment()).unwrap();
    let ended = |change: &Change| matches!(change, Change::EndInvitation { invitation, .. } if *invitation == invitation_id(40));
    assert!(changes.iter().any(ended));
}
