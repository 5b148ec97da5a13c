//! Inviting: by address, by link, by domain, and how often.

use super::{keys, tallies, written};
use crate::pack::{Channel, InvitedRole, QuotaPeriod, QuotaRule};
use crate::rules::invitation::InviteContext;
use crate::rules::tests::fixture::*;
use crate::rules::{domain, invitation, quota, role_link};
use crate::{
    Change, Count, Delta, DomainClaim, DomainName, FromRecord, InvitationTerms, Moment, Occupant, Pack,
    QuotaWindow, Record, RecordKey, Refusal, RoleLink, Stored,
};

#[test]
fn k3_an_address_is_invited_once_at_a_time() {
    let soon = now() + days(1);
    let (pack, workspace, wanted) = (pack(), workspace(), InvitationTerms::default());
    let inviting = InviteContext { pack: &pack, workspace: &workspace, inviter: user(1), wanted: &wanted };
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
    let (workspace, wanted, tea) = (workspace(), InvitationTerms::default(), email("tea@acme.example"));
    for (channels, address, then) in [
        (vec![Channel::Email], Some(&tea), Ok(())),
        (vec![Channel::Email, Channel::Link], None, Err(Refusal::EmailRequired)),
        (vec![Channel::SingleUse], None, Ok(())),
        (vec![Channel::SingleUse, Channel::Link], Some(&tea), Err(Refusal::ChannelNotOffered)),
    ] {
        let mut pack = pack_by_role();
        pack.invitation.channels.clone_from(&channels);
        let inviting =
            InviteContext { pack: &pack, workspace: &workspace, inviter: user(1), wanted: &wanted };
        let invited =
            invitation::invite(inviting, address, None, &[], &mut mail_budget(&pack, now()), &mut moment());
        assert_eq!(invited.map(|_| ()), then, "{channels:?} {address:?}");
    }
}

#[test]
fn r8_an_invitation_is_there_with_or_without_its_mail() {
    let (pack, workspace, tea) = (pack_by_role(), workspace(), email("tea@acme.example"));
    for (send_email, address, mails) in [(true, Some(&tea), 1), (false, Some(&tea), 0), (true, None, 0)] {
        let wanted = InvitationTerms { send_email, ..InvitationTerms::default() };
        let inviting =
            InviteContext { pack: &pack, workspace: &workspace, inviter: user(1), wanted: &wanted };
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
    let (pack, workspace, wanted) = (pack_by_role(), workspace(), InvitationTerms::default());
    let inviting = InviteContext { pack: &pack, workspace: &workspace, inviter: user(1), wanted: &wanted };
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
    let pack = pack();
    let mut mails = mail_budget(&pack, later.now);
    let (resent, mut changes) = invitation::resend(&pack, &given, user(2), &mut mails, &mut later).unwrap();
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
        let made = role_link::make(&pack, WORKSPACE, &role(name), None, user(1), now());
        assert_eq!(made.map(|_| ()), then, "{rule:?} {offered} {name}");
    }
}

#[test]
fn r9_no_generation_of_a_link_comes_twice() {
    let (pack, worker) = (pack_by_role(), role("worker"));
    let make = |before: Option<&Stored<_>>, maker| {
        role_link::make(&pack, WORKSPACE, &worker, before, user(maker), now()).unwrap()
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

/// An earlier claim of acme.example.
fn claimed(verified: bool) -> Stored<DomainClaim> {
    stored(DomainClaim {
        workspace: WORKSPACE,
        domain: "acme.example".parse().unwrap(),
        proof: "once".to_owned(),
        claimed_by: user(1),
        claimed_at: now() - days(1),
        verified_at: verified.then(now),
    })
}

fn keys_of(domain: &DomainName) -> [RecordKey; 3] {
    [
        RecordKey::DomainClaim(WORKSPACE, domain.clone()),
        RecordKey::VerifiedDomain(domain.clone(), WORKSPACE),
        RecordKey::DomainCheck(domain.clone(), WORKSPACE),
    ]
}

#[test]
fn r10_a_domain_is_claimed_and_looked_up() {
    let domain: DomainName = "acme.example".parse().unwrap();
    let claim = |pack: &Pack, domain: &DomainName, before, mut moment: Moment| {
        domain::claim(pack, WORKSPACE, domain, before, user(2), &mut moment)
    };
    let (made, changes) = claim(&pack_by_role(), &domain, None, moment()).unwrap();
    let [own, _, check] = keys_of(&domain);
    assert_eq!((made.claimed_by, made.verified_at), (user(2), None));
    assert_eq!(keys(&changes), [own.clone(), check, RecordKey::Tally(WORKSPACE)]);
    assert_eq!(tallies(&changes).delta(Count::Domains), Delta::by(1).up_to(50));
    // Another claimant of the same domain cannot guess the text of the DNS record.
    let (other, _) = claim(&pack_by_role(), &domain, None, Moment::new(now(), [8; 32])).unwrap();
    assert_ne!(made.record_text(), other.record_text());

    // A repeated claim has the same proof, and the look-up starts again.
    let (before, later) = (claimed(false), Moment::new(now() + days(5), [9; 32]));
    let (again, changes) = claim(&pack_by_role(), &domain, Some(&before), later).unwrap();
    assert_eq!(again, before.value);
    assert_eq!(changes[0], Change::RequireVersion(own, before.version));
    let until = written(&changes).find_map(|record| match record {
        Record::DomainCheck(check) => Some(check.until),
        _ => None,
    });
    assert_eq!((changes.len(), until), (2, Some(now() + days(12))));
    // A repeated claim of a verified domain changes nothing.
    let (again, changes) = claim(&pack_by_role(), &domain, Some(&claimed(true)), moment()).unwrap();
    assert_eq!((again, changes), (claimed(true).value, Vec::new()));
}

#[test]
fn r10_some_domains_cannot_be_claimed() {
    for (domain, offered, then) in [
        ("acme.example", true, Ok(())),
        ("acme.example", false, Err(Refusal::ChannelNotOffered)),
        ("gmail.com", true, Err(Refusal::PublicDomain)),
        ("GMail.com.", true, Err(Refusal::PublicDomain)),
        ("gmail.com.acme.example", true, Ok(())),
    ] {
        let mut pack = pack_by_role();
        pack.invitation.channels.retain(|channel| offered || *channel != Channel::Domain);
        let claimed = domain::claim(&pack, WORKSPACE, &domain.parse().unwrap(), None, user(1), &mut moment());
        assert_eq!(claimed.map(|_| ()), then, "{domain} {offered}");
    }
}

#[test]
fn r10_a_domain_brings_people_in_from_verified_to_given_up() {
    let (before, verified) = (claimed(false), claimed(true));
    let [own, found, check] = keys_of(&before.value.domain);
    let changes = domain::verify(&before, now());
    assert_eq!(
        changes,
        [
            Change::DeleteUnconditionally(check.clone()),
            Change::update(&before, verified.value.clone()),
            Change::Create(Record::VerifiedDomain(verified_domain("acme.example").value)),
        ]
    );
    // Verified meanwhile: only the look-up ends.
    assert_eq!(domain::verify(&verified, now()), [Change::DeleteUnconditionally(check.clone())]);
    for claim in [before, verified] {
        let changes = domain::unlink(&claim);
        assert_eq!(keys(&changes), [own.clone(), found.clone(), check.clone(), RecordKey::Tally(WORKSPACE)]);
        assert_eq!(tallies(&changes).delta(Count::Domains), Delta::by(-1));
    }
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
