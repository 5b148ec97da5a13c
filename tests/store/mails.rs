//! The counts of mails and of created workspaces, and their limits (K49).

use std::collections::BTreeMap;

use seatwise_domain::rules::mail;
use seatwise_domain::{
    AddressMark, Change, EmailAddress, MailLimits, MailSender, MailUse, MembershipCount, RecordKey,
};

use super::{USER, address, assert_conflict, at, text, value};
use crate::support::engine::Engine;

fn marks(addresses: &[(&EmailAddress, u32)]) -> BTreeMap<AddressMark, u32> {
    addresses.iter().map(|(address, mails)| (AddressMark::of(&address.key()), *mails)).collect()
}

#[tokio::test]
async fn k49_mails_are_counted_within_both_limits() {
    let store = Engine::memory().await.store().await;
    let (tea, lee): (EmailAddress, EmailAddress) = (address(), text("lee@acme.example"));
    let (sender, window) = (MailSender::Person(USER), mail::day(at(0)));
    let send = |to: &[(&EmailAddress, u32)]| {
        let limits = MailLimits { all: 5, to_address: 3 };
        [Change::UseMails { sender, window: window.clone(), to: marks(to), limits }]
    };
    store.commit_without_events(&send(&[(&tea, 1), (&lee, 1)])).await.expect("the first of a day");
    store.commit_without_events(&send(&[(&tea, 2)])).await.expect("up to the limit of the address");
    assert_conflict(&store.commit_without_events(&send(&[(&tea, 1)])).await);
    // One that does not fit keeps the others out, too: they are one decision.
    assert_conflict(&store.commit_without_events(&send(&[(&tea, 1), (&lee, 1)])).await);
    assert_conflict(&store.commit_without_events(&send(&[(&lee, 2)])).await);
    store.commit_without_events(&send(&[(&lee, 1)])).await.expect("up to the limit of all");
    let key = RecordKey::MailUse(sender, window.name.clone());
    let expected = MailUse {
        sender,
        day: window.name.clone(),
        used: 5,
        to: marks(&[(&tea, 3), (&lee, 2)]),
        ends: window.ends.expect("an end"),
    };
    assert_eq!(value::<MailUse>(&store, &key).await, expected);
}

#[tokio::test]
async fn k49_created_workspaces_are_counted_within_their_limit() {
    let store = Engine::memory().await.store().await;
    let create = [Change::CountCreatedWorkspace { user: USER, most: 2 }];
    let forget = [Change::ForgetCreatedWorkspace { user: USER }];
    for _ in 0..2 {
        store.commit_without_events(&create).await.expect("counted");
    }
    assert_conflict(&store.commit_without_events(&create).await);
    store.commit_without_events(&forget).await.expect("forgotten");
    store.commit_without_events(&create).await.expect("counted");
    let count = value::<MembershipCount>(&store, &RecordKey::MembershipCount(USER)).await;
    assert_eq!(count, MembershipCount { user: USER, workspaces: 3, created: 2 });
}
