//! The synchronisation: random histories in which everything acts at any time, and single cases.

mod cases;
mod chance;
mod invariants;
mod packs;
mod people;
mod run;
mod stripe;
mod table;
mod time;
mod world;

use std::collections::BTreeMap;

use jiff::SignedDuration;

use self::packs::{by_role, by_tier, with_extras};
use self::world::{Fault, World};

/// A history: some time in which everything acts, and then rest. Answers what was wrong.
fn history(seed: u64, fault: Option<Fault>) -> (Vec<String>, World) {
    let pack = [by_tier, by_role, with_extras][usize::try_from(seed % 3).unwrap()]();
    let mut world = World::new(pack, seed, fault);
    if world.chance.percent(60) {
        begin(&mut world);
    }
    let acts = 60 + world.chance.below(300);
    for _ in 0..acts {
        match world.chance.below(100) {
            0..8 => world.somebody_acts(),
            8..14 => world.time_passes(),
            14..15 => world.kill(),
            15..25 => world.start(),
            _ if world.is_running() => world.act(),
            _ => world.start(),
        }
        if !world.wrongs.is_empty() {
            break;
        }
    }
    rest(&mut world);
    world.check_rest();
    (std::mem::take(&mut world.wrongs), world)
}

/// Somebody buys something and pays, and nothing fails.
fn begin(world: &mut World) {
    world.is_rough = false;
    for _ in 0..3 {
        world.buy();
        for _ in 0..80 {
            if world.is_running() { world.act() } else { world.start() }
        }
        let last = world.stripe.sessions.len().saturating_sub(1);
        world.stripe.pay_session(last);
        let request = world.request();
        world.table.commit(&[request]).unwrap();
        for _ in 0..80 {
            if world.is_running() { world.act() } else { world.start() }
        }
    }
    world.is_rough = true;
}

/// Nobody acts any more, and nothing fails: two days, in which all runs end that have something to do.
fn rest(world: &mut World) {
    world.is_rough = false;
    let end = world.now() + SignedDuration::from_hours(48);
    let (mut acts, mut is_last) = (0, false);
    loop {
        world.start();
        if world.is_running() {
            world.act();
            acts += 1;
            if acts > 4_000 {
                world.wrongs.push("the runs never end".to_owned());
                return;
            }
            continue;
        }
        match world.next_time().filter(|next| *next < end) {
            Some(next) => world.pass(next.duration_since(world.now())),
            None if is_last => return,
            // A renewal of the last minutes, of which nothing has told.
            None => {
                is_last = true;
                let request = world.request();
                world.table.commit(&[request]).unwrap();
            }
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn k57_k58_k59_k60_k62_k63_hold_in_every_history() {
    let first = number("SEATWISE_FIRST_HISTORY", 0);
    let mut seen = BTreeMap::<&str, u32>::new();
    for seed in first..first + number("SEATWISE_HISTORIES", 2_000) {
        let (wrongs, world) = history(seed, None);
        for what in world.seen() {
            *seen.entry(what).or_default() += 1;
        }
        assert!(wrongs.is_empty(), "history {seed}: {wrongs:#?}\n{}", world.log.join("\n"));
    }
    println!("{seen:#?}");
}

#[test]
fn each_deliberate_fault_is_found() {
    let faults = [
        Fault::GrantsUnpaid,
        Fault::ChargesUnfixed,
        Fault::ChargesByAttempt,
        Fault::TrustsReplies,
        Fault::LeavesInvoices,
        Fault::Forgets,
        Fault::ClosesAtOnce,
    ];
    for fault in faults {
        let found = (0..5_000).find_map(|seed| Some((seed, history(seed, Some(fault)).0.first()?.clone())));
        println!("{fault:?}: {found:?}");
        assert!(found.is_some(), "{fault:?} is not found");
    }
}
