//! Contradictions in a pack: one change to a sound pack, and the fault that is reported.

use crate::pack::{
    AddOn, AddOnId, Channel, InvitedRole, OverAssignment, QuotaPeriod, QuotaRule, SEATS_MAX, SeatModel,
    SeatNeed, WhenFull,
};
use crate::rules::tests::fixture::{euros, pack, pack_by_role, plan, role, tier};
use crate::{Pack, RoleName, TierName};

/// A sound pack, the change, the key at fault, and a part of the message.
pub(super) type PackCase = (fn() -> Pack, fn(&mut Pack), &'static str, &'static str);

/// A pack without seats, and without the settings that need them.
fn pack_without_seats() -> Pack {
    let mut pack = pack();
    pack.roles.iter_mut().for_each(|role| role.seat = SeatNeed::None);
    pack.seats = crate::pack::SeatRules::default();
    pack.invitation.reserves_seat = false;
    pack
}

fn add_on(pack: &mut Pack, id: &str) {
    let (id, label) = (AddOnId(id.to_owned()), id.to_owned());
    pack.seats.add_ons.push(AddOn { id, label, max: 10, price: euros(1), included: 0 });
}

/// Calls the third role so, from its first publication on.
fn call_role(pack: &mut Pack, name: &str) {
    (pack.roles[2].id, pack.roles[2].name) = (role(name), RoleName(name.to_owned()));
}

/// Calls the second tier so, from its first publication on.
fn call_tier(pack: &mut Pack, name: &str) {
    (pack.seats.tiers[1].id, pack.seats.tiers[1].name) = (tier(name), TierName(name.to_owned()));
}

/// Asserts that the pack has this one fault, and no other.
pub(super) fn check(cases: &[PackCase]) {
    for (given, change, key, message) in cases {
        let mut pack = given();
        change(&mut pack);
        let faults = pack.faults();
        let [fault] = &faults[..] else { panic!("{key} {message}: {faults:#?}") };
        assert_eq!(fault.key.join("."), *key, "{fault:?}");
        assert!(fault.message.contains(message), "{fault:?} {message}");
    }
}

#[test]
fn d5_a_sound_pack_has_no_faults() {
    let mut laddered = pack_without_seats();
    (laddered.roles[0].includes, laddered.roles[1].includes) = (Some(role("worker")), Some(role("guest")));
    let mut suspending = pack_by_role();
    suspending.seats.over_assignment = OverAssignment::SuspendLast;
    (suspending.joining.auto_assign, suspending.joining.when_full) = (Some(false), WhenFull::Seatless);
    let mut largest = pack();
    largest.seats.max = SEATS_MAX;
    largest.members.max = Some(1);
    // Only the plan that workspaces start on must have a seat for a creator who needs one.
    let [mut later, mut seatless] = [pack_by_role(), pack_by_role()];
    later.plans[1].seats = 0;
    (seatless.plans[0].seats, seatless.roles[0].seat) = (0, SeatNeed::None);
    let mut listed = pack();
    add_on(&mut listed, "one");
    add_on(&mut listed, "two");
    for pack in
        [pack(), pack_by_role(), pack_without_seats(), laddered, suspending, largest, later, seatless, listed]
    {
        assert_eq!(pack.faults(), []);
    }
}

#[test]
fn d5_a_pack_says_what_is_wrong_with_its_roles() {
    check(&[
        (pack, |pack| pack.name.clear(), "name", "must not be empty"),
        (pack, |pack| pack.product.clear(), "product", "must not be empty"),
        (
            pack,
            |pack| pack.roles_given.creator = role("king"),
            "roles-given.creator",
            "`king`, which is no role",
        ),
        (
            pack,
            |pack| pack.roles_given.joiner = role("king"),
            "roles-given.joiner",
            "`king`, which is no role",
        ),
        (
            pack,
            |pack| pack.roles_given.seatless = Some(role("king")),
            "roles-given.seatless",
            "`king`, which is no role",
        ),
        (
            pack,
            |pack| pack.roles_given.creator = role("guest"),
            "roles-given.creator",
            "must be a governing role",
        ),
        (
            pack,
            |pack| pack.roles[0].seat = SeatNeed::Required,
            "roles-given.creator",
            "before one can be bought",
        ),
        (
            pack,
            |pack| pack.roles_given.seatless = Some(role("worker")),
            "roles-given.seatless",
            "its `seat` is not `none`",
        ),
        (
            pack_by_role,
            |pack| {
                pack.roles[2].rank = 5;
                call_role(pack, "guest");
            },
            "roles-given.seatless",
            "ranks above the joiner's role",
        ),
        (pack, |pack| call_role(pack, "Guest"), "role.2.id", "lower-case letters"),
        (pack, |pack| call_role(pack, "2nd"), "role.2.id", "lower-case letters"),
        (pack, |pack| call_role(pack, ""), "role.2.id", "lower-case letters"),
        (pack, |pack| call_role(pack, &"g".repeat(41)), "role.2.id", "lower-case letters"),
        (pack, |pack| call_role(pack, "worker"), "role.2.id", "`worker` is there twice"),
        (pack, |pack| pack.roles[0].staff = false, "role.0.governing", "needs `staff = true`"),
        (
            pack_without_seats,
            |pack| pack.roles[1].seat = SeatNeed::Required,
            "role.1.seat",
            "`seats.model` is `none`",
        ),
        (
            pack_by_role,
            |pack| pack.roles[1].seat = SeatNeed::FreeSlot,
            "role.1.seat",
            "`seats.free-slots` is 0",
        ),
        (pack, |pack| pack.seats.free_slots = 0, "role.0.seat", "`seats.free-slots` is 0"),
        (pack, |pack| pack.roles[1].includes = Some(role("boss")), "role.1.includes", "ranks below it"),
        (pack, |pack| pack.roles[1].includes = Some(role("worker")), "role.1.includes", "ranks below it"),
        (
            pack,
            |pack| pack.roles[1].includes = Some(role("king")),
            "role.1.includes",
            "`king`, which is no role",
        ),
    ]);
}

#[test]
fn d5_a_pack_says_what_is_wrong_with_first_ids() {
    check(&[
        (pack, |pack| pack.roles[2].id = role("Visitor"), "role.2.first-id", "a first id is lower-case"),
        (
            pack,
            |pack| pack.roles[2].id = role("worker"),
            "role.2.first-id",
            "`worker`, which is the id of another role",
        ),
        (
            pack,
            |pack| {
                pack.roles[1].id = role("hand");
                pack.roles_given.joiner = role("hand");
                pack.roles[2].id = role("hand");
            },
            "role.2.first-id",
            "roles `worker` and `guest` have the same `first-id`",
        ),
        (
            pack,
            |pack| {
                pack.roles[2].id = role("visitor");
                pack.roles[1].includes = Some(pack.role_id(&RoleName("visitor".to_owned())));
            },
            "role.1.includes",
            "`visitor`, which is no role any more: it is called `guest` now",
        ),
    ]);
}

#[test]
fn d5_a_name_stands_for_one_role_or_tier_and_a_former_name_for_none() {
    let mut pack = pack();
    pack.roles[2].id = role("visitor");
    pack.seats.tiers[1].id = tier("big");
    let (of_role, of_tier) = (|name: &str| RoleName(name.to_owned()), |name: &str| TierName(name.to_owned()));
    assert_eq!(pack.role_id(&of_role("guest")), role("visitor"));
    assert_eq!(pack.role_name(&role("visitor")), of_role("guest"));
    assert_eq!(pack.tier_id(&of_tier("large")), tier("big"));
    assert_eq!(pack.tier_name(&tier("big")), of_tier("large"));
    // The former name stands for nothing, and is shown as it was said.
    for name in ["visitor", "nobody"] {
        let id = pack.role_id(&of_role(name));
        assert!(pack.role(&id).is_none(), "{id:?}");
        assert_eq!(pack.role_name(&id), of_role(name));
    }
    for name in ["big", "none"] {
        let id = pack.tier_id(&of_tier(name));
        assert!(pack.tier(&id).is_none(), "{id:?}");
        assert_eq!(pack.tier_name(&id), of_tier(name));
    }
    // What the pack dropped keeps the name that it had.
    assert_eq!(pack.role_id(&of_role("dropped")), role("dropped"));
    let names = pack.names();
    assert_eq!(
        (names.role(&role("visitor")), names.role(&role("boss"))),
        (of_role("guest"), of_role("boss"))
    );
    assert_eq!(names.tier(&tier("big")), of_tier("large"));
    // A later pack that gives the first name back leaves nothing to remember.
    pack.roles[2].name = of_role("visitor");
    pack.seats.tiers.truncate(1);
    let later = names.under(&pack);
    assert_eq!(
        (later.role(&role("visitor")), later.tier(&tier("big"))),
        (of_role("visitor"), of_tier("large"))
    );
}

#[test]
fn d5_a_pack_must_let_somebody_govern() {
    let mut pack = pack();
    pack.roles[0].governing = false;
    let keys: Vec<_> = pack.faults().into_iter().map(|fault| fault.key.join(".")).collect();
    // The second follows from the first.
    assert_eq!(keys, ["role", "roles-given.creator"]);
}

#[test]
fn d5_a_pack_says_what_is_wrong_with_its_seats() {
    check(&[
        (pack, |pack| call_tier(pack, "Large"), "seats.tier.1.id", "lower-case letters"),
        (pack, |pack| call_tier(pack, "small"), "seats.tier.1.id", "`small` is there twice"),
        (
            pack,
            |pack| pack.seats.tiers[1].id = tier("Big"),
            "seats.tier.1.first-id",
            "a first id is lower-case",
        ),
        (
            pack,
            |pack| pack.seats.tiers[1].id = tier("small"),
            "seats.tier.1.first-id",
            "`small`, which is the id of another tier",
        ),
        (
            pack,
            |pack| {
                add_on(pack, "big");
                pack.seats.tiers[1].id = tier("big");
            },
            "seats.tier.1.first-id",
            "add-on `big` has the `first-id` of the tier `large`",
        ),
        (
            pack_without_seats,
            |given| given.seats.tiers = pack().seats.tiers,
            "seats.tier",
            "`seats.model` is `none`",
        ),
        (pack, |pack| pack.seats.tiers.clear(), "seats.model", "need a `[[seats.tier]]` to sell"),
        (pack, |pack| pack.seats.max = 0, "seats.max", "must say how many"),
        (pack, |pack| pack.seats.max = SEATS_MAX + 1, "seats.max", "at most 2400"),
        (pack_by_role, |pack| pack.seats.tiers.clear(), "seats.model", "give one `[[seats.tier]]`"),
        (
            pack_by_role,
            |given| {
                given.seats.tiers = pack().seats.tiers;
                given.seats.tiers.iter_mut().for_each(|tier| tier.price = None);
            },
            "seats.model",
            "give one `[[seats.tier]]`",
        ),
        (
            pack_by_role,
            |pack| pack.invitation.reserves_seat = true,
            "invitation.reserves-seat",
            "an invitation cannot keep one",
        ),
        (
            pack_without_seats,
            |pack| pack.invitation.reserves_seat = true,
            "invitation.reserves-seat",
            "no seats to keep",
        ),
        (pack_without_seats, |pack| pack.seats.free_slots = 1, "seats.free-slots", "no seats that a slot"),
        (pack, |pack| add_on(pack, "Extra"), "seats.add-on.0.id", "lower-case letters"),
        (
            pack,
            |pack| ["extra", "extra"].iter().for_each(|id| add_on(pack, id)),
            "seats.add-on.1.id",
            "there once",
        ),
        (
            pack,
            |pack| pack.seats.over_assignment = OverAssignment::SuspendLast,
            "seats.over-assignment",
            "only seats `by-role`",
        ),
        (
            pack_without_seats,
            |pack| pack.seats.over_assignment = OverAssignment::SuspendLast,
            "seats.over-assignment",
            "only seats `by-role`",
        ),
    ]);
}

#[test]
fn d5_a_pack_says_what_is_wrong_with_the_ways_in() {
    check(&[
        (
            pack,
            |pack| pack.joining.when_full = WhenFull::Seatless,
            "joining.when-full",
            "needs `roles-given.seatless`",
        ),
        (
            pack_without_seats,
            |pack| {
                pack.roles_given.seatless = Some(role("guest"));
                pack.joining.when_full = WhenFull::Seatless;
            },
            "joining.when-full",
            "no seats that could run out",
        ),
        (
            pack,
            |pack| pack.joining.auto_assign = Some(true),
            "joining.auto-assign",
            "give `roles-given.seatless`",
        ),
        (
            pack,
            |pack| pack.joining.auto_assign = Some(false),
            "joining.auto-assign",
            "give `roles-given.seatless`",
        ),
        (pack, |pack| pack.invitation.channels.clear(), "invitation.channels", "no way in"),
        (
            pack,
            |pack| {
                pack.invitation.role = InvitedRole::ByLink;
                pack.invitation.channels.retain(|channel| *channel != Channel::Link);
            },
            "invitation.role",
            "needs the channel `link`",
        ),
        (pack, |pack| pack.members.max = Some(0), "members.max", "at least 1"),
    ]);
}

#[test]
fn d5_a_pack_says_what_is_wrong_with_its_plans() {
    check(&[
        (pack, |pack| "gone".clone_into(&mut pack.billing.plan), "billing.plan", "`gone`, which is no plan"),
        (pack, |pack| pack.plans.clear(), "billing.plan", "`plan`, which is no plan"),
        (pack, |pack| pack.plans.push(plan("Big Plan", 0)), "plan.1.id", "lower-case letters"),
        (pack, |pack| pack.plans.push(plan("plan", 0)), "plan.1.id", "`plan` is there twice"),
        (pack, |pack| pack.plans.push(plan("big", 5)), "plan.1.seats", "`seats.model` is not `by-role`"),
        (
            pack_without_seats,
            |pack| pack.plans[0].seats = 5,
            "plan.0.seats",
            "`seats.model` is not `by-role`",
        ),
        (pack_by_role, |pack| pack.plans[0].seats = 0, "plan.0.seats", "give it at least 1"),
        (
            pack,
            |pack| {
                pack.plans[0].email_invitations = Some(QuotaRule { limit: 5, per: QuotaPeriod::Day });
                pack.invitation.channels.retain(|channel| *channel != Channel::Email);
            },
            "plan.0.email-invitations",
            "which is no channel",
        ),
    ]);
}

#[test]
fn d5_a_model_that_contradicts_all_is_said_key_by_key() {
    let mut given = pack();
    given.seats.model = SeatModel::None;
    let keys: Vec<_> = given.faults().into_iter().map(|fault| fault.key.join(".")).collect();
    assert_eq!(
        keys,
        ["role.0.seat", "role.1.seat", "seats.tier", "invitation.reserves-seat", "seats.free-slots"]
    );
}
