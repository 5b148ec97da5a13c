//! Publishers who meet, break off, or ask for what cannot be.

use seatwise_cli::publish::{self as policies, PublishError, PublishedState};
use seatwise_policy::packs;
use seatwise_store::{CommitError, Store};

use super::{draft, put, with_rule};
use crate::support::deployment::{Deployment, patient};
use crate::support::packs::{DEFAULT, with_product};
use crate::support::proxy::{Fault, Proxy, Tries};
use crate::support::publishing::publisher;

#[tokio::test]
async fn of_two_who_publish_at_once_one_wins_and_nothing_of_the_other_is_active() {
    let deployment = Deployment::new().await;
    let store = deployment.store();
    let now = deployment.clock.now();
    for round in 0..10 {
        let standing = PublishedState::read(&store).await.expect("read");
        let step = |name: &str| {
            let files = with_rule(&format!("// {name} in round {round}."));
            policies::plan(&standing, draft(files), true, now).expect("a step")
        };
        let (one, other) = (step("one"), step("other"));
        let key = publisher();
        let (one, other) =
            tokio::join!(policies::commit(&store, one, &key), policies::commit(&store, other, &key));
        let (won, lost) = if one.is_ok() { (one, other) } else { (other, one) };
        assert!(matches!(lost, Err(CommitError::Conflict)), "{lost:?}");
        let won = won.expect("one of them");
        let after = PublishedState::read(&store).await.expect("read");
        assert!(!after.is_damaged);
        assert_eq!(after.active().map(|it| (it.number, it.version.clone())), Some((won.number, won.version)));
        assert_eq!(won.number, standing.head.expect("a line").number + 1);
    }
}

#[tokio::test]
async fn k11_a_publication_that_breaks_off_changes_nothing_and_can_be_done_again() {
    let deployment = Deployment::new().await;
    let proxy = Proxy::before(&deployment.engine).await;
    let store = Store::new(patient(&proxy.client()), deployment.table());
    let step = async || {
        let standing = PublishedState::read(&deployment.store()).await.expect("read");
        let files = with_rule("// Broken off.");
        policies::plan(&standing, draft(files), true, deployment.clock.now()).expect("a step")
    };
    let before = PublishedState::read(&deployment.store()).await.expect("read");
    // At the first bundle, at the schema, and at the line with the pointer.
    for (call, nth) in [("PutItem", 0..1), ("PutItem", 1..2), ("TransactWriteItems", 0..1)] {
        proxy.calm();
        proxy.spoil_some(call, nth, Fault::Refuse(500, "InternalServerError"), Tries::All);
        let broken = policies::commit(&store, step().await, &publisher()).await;
        assert!(broken.is_err(), "{call}: {broken:?}");
        let after = PublishedState::read(&deployment.store()).await.expect("read");
        assert_eq!((after.pointer, after.head), (before.pointer.clone(), before.head.clone()), "{call}");
    }
    proxy.calm();
    policies::commit(&store, step().await, &publisher()).await.expect("published");
    let after = PublishedState::read(&deployment.store()).await.expect("read");
    assert_eq!(after.active_files(), Some(&with_rule("// Broken off.")));
}

#[tokio::test]
async fn what_would_make_counts_untrue_or_lock_somebody_out_is_refused() {
    let deployment = Deployment::new().await;
    put(&deployment, packs::files("purchased-seats").expect("built in")).await;
    let standing = PublishedState::read(&deployment.store()).await.expect("read");
    let step = |standing: &PublishedState, changes: &[(&str, &str)]| {
        policies::plan(standing, draft(with_product(DEFAULT, changes)), true, deployment.clock.now())
    };
    let guest = "[[role]]\nid = \"guest\"\nlabel = \"Guest\"\nrank = 5\nbadge = \"gray\"\n\n[seats]";
    for (changes, refused) in [
        (&[("seat = \"required\"", "seat = \"none\"")][..], "by which its members are counted"),
        (&[("rank = 50\n", "rank = 50\ngoverning = true\n")], "by which its members are counted"),
        (&[("name = \"purchased-seats\"", "name = \"other\"")], "are of the pack purchased-seats"),
        (
            &[("id = \"owner\"", "id = \"boss\""), ("creator = \"owner\"", "creator = \"boss\"")],
            "which governs",
        ),
    ] {
        let error = step(&standing, changes).err().map(|it| it.to_string()).expect("refused");
        assert!(error.contains(refused), "{error}");
    }
    // A role comes and goes; whoever has stayed in it must find it as it was.
    put(&deployment, with_product(DEFAULT, &[("[seats]", guest)])).await;
    put(&deployment, packs::files("purchased-seats").expect("built in")).await;
    let standing = PublishedState::read(&deployment.store()).await.expect("read");
    let seated = guest.replace("rank = 5", "rank = 5\nseat = \"required\"");
    let refused = step(&standing, &[("[seats]", &seated)]);
    assert!(matches!(refused, Err(PublishError::OtherFrame { role }) if role.as_str() == "guest"));
    step(&standing, &[("[seats]", guest)]).expect("as it was");
    // A change of roles that people hold needs a confirmation of its own, also when the bundle is lost.
    let head = standing.head.expect("a line");
    let words = |changes: &[(&str, &str)]| -> Vec<String> {
        let files = with_product(DEFAULT, changes);
        let pack = seatwise_policy::Bundle::compile(&files).expect("a pack").pack().clone();
        let told = policies::frame_changes(&head.frame, &pack);
        told.iter().map(|change| format!("{}: {}", change.name, change.what)).collect()
    };
    for (changes, told) in [
        (&[("rank = 50\n", "rank = 60\n")][..], "admin: rank 50 → 60"),
        (&[("rank = 10\n", "rank = 10\nstaff = true\n")], "member: staff false → true"),
        (&[("joiner = \"member\"", "joiner = \"admin\"")], "admin: roles-given.joiner: member → admin"),
        (&[("id = \"pro\"", "id = \"plus\"")], "pro: is gone"),
    ] {
        let words = words(changes);
        assert!(words.len() == 1 && words[0].starts_with(told), "{words:?}");
    }
    assert!(words(&[("[seats]", guest)]).is_empty(), "a new role takes nothing from anybody");
}
