//! What is pending comes before the rest of a list, whoever wrote it (K50).

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use seatwise_domain::{
    Change, DeclineMark, EmailSlot, Invitation, InvitationId, InvitationState, LeaveRequest, LeaveRequestId,
    LeaveState, Record, WorkspaceId,
};
use seatwise_store::{BadCursor, Cursor, PageRequest, RangeQuery, Store};
use uuid::Uuid;

use super::{
    INVITATION, USER, WORKSPACE, address, at, create, invitation, invitation_id, leave_request, page,
    pending, slot, uuid,
};
use crate::support::engine::Engine;
use crate::support::reading::{Load, ReadByKey as _};

/// An invitation with this end and state.
fn one(number: u64, end: Option<i64>, state: InvitationState) -> Invitation {
    Invitation { expires_at: end.map(at), state, ..invitation(invitation_id(number)) }
}

/// Changes the index's key of an item, as an earlier release leaves it.
async fn mark(engine: &Engine, table: &str, (pk, sk): (String, String), place: Option<&str>) {
    let client = engine.client();
    let update = client
        .update_item()
        .table_name(table)
        .key("pk", AttributeValue::S(pk))
        .key("sk", AttributeValue::S(sk))
        .condition_expression("attribute_exists(pk)");
    let update = match place {
        None => update.update_expression("REMOVE by_name"),
        Some(place) => update
            .update_expression("SET by_name = :place")
            .expression_attribute_values(":place", AttributeValue::S(place.to_owned())),
    };
    update.send().await.expect("changed");
}

fn place_of(id: InvitationId) -> (String, String) {
    (format!("W#{}", id.workspace), format!("INVITATION#{}", id.serial))
}

fn first(now: Timestamp, limit: u32, after: Option<Cursor>) -> RangeQuery {
    RangeQuery::InvitationsPendingFirst(WORKSPACE, now, PageRequest { limit, after })
}

/// The serials of all pages.
async fn all(store: &Store, limit: u32, query: impl Fn(u32, Option<Cursor>) -> RangeQuery) -> Vec<Uuid> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let query = query(limit, after);
        assert_eq!(query.check_cursor(), Ok(()));
        let (serials, next) = page(store, &query).await;
        assert!(serials.len() <= limit as usize, "{limit}");
        all.extend(serials);
        let Some(next) = next else { return all };
        // As a caller hands it back.
        after = Some(next.to_string().parse().expect("a cursor"));
    }
}

#[tokio::test]
async fn k50_pending_invitations_come_first_on_every_page_size() {
    let engine = Engine::memory().await;
    let (store, table) = engine.table().await;
    let (live, over) = (InvitationState::Pending, InvitationState::Revoked { at: at(0) });
    create(
        &store,
        [
            one(10, Some(90), live.clone()),
            one(11, None, live.clone()),
            one(12, Some(50), over.clone()),
            // Expired at this very moment.
            one(13, Some(10), live.clone()),
            one(14, Some(11), live.clone()),
            one(15, None, over.clone()),
            one(16, Some(90), live.clone()),
            // Made by an earlier release: without the index's key.
            one(17, Some(90), live.clone()),
            // Closed by an earlier release: still with the key.
            one(18, Some(95), over.clone()),
            one(19, Some(5), live.clone()),
        ]
        .map(Record::Invitation),
    )
    .await;
    mark(&engine, &table, place_of(invitation_id(17)), None).await;
    let stale = format!("\u{10FFFF}invitation#{:021}#{}", at(95).as_nanosecond(), uuid(18));
    mark(&engine, &table, place_of(invitation_id(18)), Some(&stale)).await;
    // The last to end first; then all others, newest first.
    let expected: Vec<Uuid> = [11, 16, 10, 14, 19, 18, 17, 15, 13, 12].map(uuid).to_vec();
    for limit in 1..=11 {
        assert_eq!(all(&store, limit, |limit, after| first(at(10), limit, after)).await, expected, "{limit}");
    }
    let whole = RangeQuery::PendingInvitations(WORKSPACE, at(10));
    assert_eq!(page(&store, &whole).await.0, [11, 16, 10, 14].map(uuid));
    // What ends between two pages is on a later page, too: it is pending no more.
    let (serials, next) = page(&store, &first(at(10), 3, None)).await;
    assert_eq!(serials, expected[..3]);
    let later = first(at(90), 20, next);
    assert_eq!(later.check_cursor(), Ok(()));
    assert_eq!(page(&store, &later).await.0, [19, 18, 17, 16, 15, 14, 13, 12, 10].map(uuid));
}

#[tokio::test]
async fn k50_one_round_trip_reads_both_parts() {
    let store = Engine::memory().await.store().await;
    create(&store, (10..40).map(|number| Record::Invitation(one(number, None, InvitationState::Pending))))
        .await;
    let (store, meter) = store.metered();
    assert_eq!(page(&store, &first(at(0), 5, None)).await.0.len(), 5);
    assert_eq!((meter.rounds(), meter.calls()), (1, 2));
}

#[tokio::test]
async fn k50_a_place_of_another_kind_is_no_cursor() {
    let store = Engine::memory().await.store().await;
    create(&store, (10..14).map(|number| Record::Invitation(one(number, None, InvitationState::Pending))))
        .await;
    let (_, next) = page(&store, &first(at(0), 2, None)).await;
    let next = next.expect("more");
    assert_eq!(first(at(0), 2, Some(next.clone())).check_cursor(), Ok(()));
    let page = || PageRequest { limit: 2, after: Some(next.clone()) };
    for query in [
        RangeQuery::PendingSlots(address().key(), at(0), page()),
        RangeQuery::MembersByName(WORKSPACE, seatwise_store::Direction::Up, page()),
        RangeQuery::Invitations(WORKSPACE, page()),
        RangeQuery::LeaveRequests(WORKSPACE, page()),
    ] {
        assert_eq!(query.check_cursor(), Err(BadCursor), "{query:?}");
    }
}

/// The slot of the address in the workspace of this number.
fn slot_in(number: u64, end: Option<i64>) -> EmailSlot {
    let workspace = WorkspaceId(uuid(number));
    let invitation = InvitationId { workspace, serial: uuid(number) };
    EmailSlot { workspace, pending: Some(pending(invitation, end)), ..slot() }
}

async fn found(store: &Store, query: &RangeQuery) -> (Vec<Uuid>, Option<Cursor>) {
    let loaded = store.load(&Load::new().query(query.clone())).await.expect("loaded");
    let workspaces = loaded.list::<EmailSlot>(query).into_iter().map(|slot| slot.value.workspace.0);
    (workspaces.collect(), loaded.next(query))
}

#[tokio::test]
async fn k50_invitations_of_an_address_are_not_buried_by_closed_slots() {
    let engine = Engine::memory().await;
    let (store, table) = engine.table().await;
    let closed = |number| EmailSlot { pending: None, left: true, ..slot_in(number, None) };
    create(&store, (100..1_101).map(|number| Record::EmailSlot(closed(number)))).await;
    create(&store, (2_000..2_021).map(|number| Record::EmailSlot(slot_in(number, Some(5))))).await;
    create(&store, (5_000..5_007).map(|number| Record::EmailSlot(slot_in(number, Some(50))))).await;
    create(&store, [Record::EmailSlot(slot_in(6_000, None)), Record::EmailSlot(slot_in(50, None))]).await;
    let legacy = (format!("E#{}", address().key()), format!("W#{}", uuid(50)));
    mark(&engine, &table, legacy, None).await;
    let query =
        |limit, after| RangeQuery::PendingSlots(address().key(), at(10), PageRequest { limit, after });
    let live: Vec<Uuid> = [6_000, 5_006, 5_005, 5_004, 5_003, 5_002, 5_001, 5_000].map(uuid).to_vec();
    // The first page has them, together with the one of an earlier release.
    let (first, _) = found(&store, &query(50, None)).await;
    assert_eq!(first[..8], live);
    assert_eq!(first[8], uuid(50));
    for limit in [1, 3, 8, 9, 100] {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let (page, next) = found(&store, &query(limit, after)).await;
            all.extend(page);
            after = next;
            if after.is_none() {
                break;
            }
        }
        // Those that have expired may follow: they are no invitations any more.
        assert_eq!(all[..8], live, "{limit}");
        assert_eq!(all.iter().filter(|id| **id == uuid(50)).count(), 1, "{limit}");
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "{limit}: nothing twice");
    }
}

#[tokio::test]
async fn k50_what_is_closed_without_being_read_leaves_the_index() {
    let store = Engine::memory().await.store().await;
    let email = address().key();
    let listed = async |now: i64| {
        let query = RangeQuery::PendingSlots(email.clone(), at(now), PageRequest { limit: 10, after: None });
        let loaded = store.load(&Load::new().query(query.clone())).await.expect("loaded");
        loaded
            .list::<EmailSlot>(&query)
            .into_iter()
            .filter(|slot| slot.value.pending.as_ref().is_some_and(|pending| pending.is_live(at(now))))
            .count()
    };
    let taken = EmailSlot { pending: Some(pending(INVITATION, Some(5))), ..slot() };
    let closing = [
        Change::ClearPendingInvitation { email: email.clone(), invitation: INVITATION },
        Change::DeclinePendingInvitation {
            email: email.clone(),
            invitation: INVITATION,
            mark: DeclineMark { at: at(1), not_again: true },
        },
    ];
    for close in closing {
        store
            .commit_without_events(&[Change::DeleteUnconditionally(Record::EmailSlot(slot()).key())])
            .await
            .expect("room");
        create(&store, [Record::EmailSlot(taken.clone())]).await;
        assert_eq!((listed(4).await, listed(5).await), (1, 0));
        let later = Invitation { expires_at: Some(at(9)), ..invitation(INVITATION) };
        let (email, invitation) = (email.clone(), Box::new(later));
        let extend = Change::UpdatePendingInvitation { email, invitation, mailed: true };
        store.commit_without_events(&[extend]).await.expect("extended");
        assert_eq!((listed(8).await, listed(9).await), (1, 0));
        store.commit_without_events(&[close]).await.expect("closed");
        assert_eq!(listed(4).await, 0);
    }
    let request = |number| LeaveRequest {
        id: LeaveRequestId { user: USER, serial: uuid(number) },
        ..leave_request(LeaveState::Pending)
    };
    create(&store, [60, 61].map(|number| Record::LeaveRequest(request(number)))).await;
    let query = RangeQuery::PendingLeaveRequests(WORKSPACE);
    let serials = async || {
        let loaded = store.load(&Load::new().query(query.clone())).await.expect("loaded");
        loaded.list::<LeaveRequest>(&query).into_iter().map(|found| found.value.id.serial).collect::<Vec<_>>()
    };
    assert_eq!(serials().await, [61, 60].map(uuid));
    let close = Change::WithdrawLeaveRequest { workspace: WORKSPACE, request: request(61).id, at: at(1) };
    store.commit_without_events(&[close]).await.expect("closed");
    assert_eq!(serials().await, [60].map(uuid));
}
