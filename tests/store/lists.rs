//! Lists, pages and cursors.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::support::reading::{Load, ReadByKey as _};
use seatwise_domain::{
    Change, EmailSlot, JoinedWorkspace, LeaveRequest, LeaveRequestId, LeaveState, Member, Record, RecordKey,
    Seat, Task, TaskId, UserId, outbox_shard,
};
use seatwise_store::{BadCursor, Cursor, Direction, PageRequest, RangeQuery};

use super::{
    LEAVE, OTHER_SEAT, OTHER_USER, OTHER_WORKSPACE, USER, WORKSPACE, address, bare_records, create,
    invitation, invitation_id, leave_request, member, page, seat, text, uuid,
};
use crate::support::engine::Engine;

#[tokio::test]
async fn r14_members_come_by_name_page_by_page_and_follow_their_names() {
    let store = Engine::memory().await.store().await;
    create(&store, bare_records()).await;
    let called =
        |number, first: &str| Member { first_name: Some(text(first)), ..member(UserId(uuid(number))) };
    let first_names = ["Zoë", "ada", "Bo", "Ada", "Émile", "佐藤"];
    let people = first_names.into_iter().zip(60..).map(|(name, number)| Record::Member(called(number, name)));
    create(&store, people).await;
    let rename = Change::UpdateMemberProfile {
        workspace: WORKSPACE,
        user: UserId(uuid(60)),
        email: None,
        email_verified: false,
        first_name: Some(text("Anna")),
        last_name: None,
    };
    store.commit_without_events(&[rename]).await.expect("renamed");
    let all = async |direction, limit| {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let query = RangeQuery::MembersByName(WORKSPACE, direction, PageRequest { limit, after });
            assert_eq!(query.check_cursor(), Ok(()));
            let loaded = store.load(&Load::new().query(query.clone())).await.expect("loaded");
            let page = loaded.list::<Member>(&query);
            assert!(page.len() <= limit as usize);
            all.extend(page.into_iter().map(|it| it.value.first_name.map_or(String::new(), String::from)));
            after = loaded.next(&query).map(|cursor| cursor.to_string().parse().expect("a cursor"));
            if after.is_none() {
                return all;
            }
        }
    };
    // A member without a name and an address comes first; other records do not come at all.
    let expected = ["", "ada", "Ada", "Anna", "Bo", "Émile", "佐藤"];
    for limit in [1, 2, 100] {
        assert_eq!(all(Direction::Up, limit).await, expected, "{limit}");
        let mut down = all(Direction::Down, limit).await;
        down.reverse();
        assert_eq!(down, expected, "{limit}");
    }
    let elsewhere = "TUVNQkVSIzAxOTAwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMw".parse().expect("a text");
    let query =
        RangeQuery::MembersByName(WORKSPACE, Direction::Up, PageRequest { limit: 2, after: Some(elsewhere) });
    assert_eq!(query.check_cursor(), Err(BadCursor), "a place of the table is none of the index");
}

#[tokio::test]
async fn k55_members_of_an_earlier_release_stay_in_the_list() {
    let engine = Engine::memory().await;
    let (store, table) = engine.table().await;
    let ada = Member { first_name: Some(text("Ada")), ..member(USER) };
    create(&store, [Record::Member(ada.clone())]).await;
    let items = engine.client().scan().table_name(&table).send().await.expect("a scan").items;
    let item = items.expect("items").remove(0);
    for key in ["-", "ada", "zoë ångström", "張偉"] {
        let mut item = item.clone();
        item.insert("by_name".to_owned(), AttributeValue::S(key.to_owned()));
        engine.client().put_item().table_name(&table).set_item(Some(item)).send().await.expect("written");
        for direction in [Direction::Up, Direction::Down] {
            let page = PageRequest { limit: 1, after: None };
            let query = RangeQuery::MembersByName(WORKSPACE, direction, page);
            let loaded = store.load(&Load::new().query(query.clone())).await.expect("loaded");
            let found: Vec<Member> = loaded.list::<Member>(&query).into_iter().map(|it| it.value).collect();
            assert_eq!(found, std::slice::from_ref(&ada), "{key}");
        }
    }
}

#[tokio::test]
async fn l6_everything_of_a_workspace_is_found_and_nothing_of_another() {
    let store = Engine::memory().await.store().await;
    create(&store, bare_records()).await;
    create(&store, [Record::Seat(Seat { workspace: OTHER_WORKSPACE, ..seat(OTHER_SEAT) })]).await;
    let query = RangeQuery::Everything(WORKSPACE, PageRequest { limit: 100, after: None });
    let loaded = store.load(&Load::new().query(query.clone())).await.expect("loaded");
    let found: Vec<Record> = loaded.list::<Record>(&query).into_iter().map(|stored| stored.value).collect();
    let expected = bare_records().into_iter().filter(|record| {
        !matches!(
            record,
            Record::User(_)
                | Record::AddressOwner(_)
                | Record::PastPersons(_)
                | Record::JoinedWorkspace(_)
                | Record::EmailSlot(_)
                | Record::Receipt(_)
                | Record::Task(_)
                | Record::EarlierMail(_)
                | Record::PolicyPointer(_)
                | Record::PolicyBundle(_)
                | Record::PolicySchema(_)
                | Record::Publication(_)
                | Record::MembershipCount(_)
                | Record::VerifiedDomain(_)
                | Record::DomainCheck(_)
                | Record::BillingCheck(_)
                | Record::StripeCustomer(_)
                | Record::UnsealedLog(_)
                | Record::WorkspaceDeletion(_)
                | Record::WorkspaceEntry(_)
                | Record::ApiKey(_)
                | Record::ApiKeyUse(_)
        )
    });
    let expected: Vec<Record> = expected.collect();
    assert_eq!(found.len(), expected.len());
    assert!(expected.iter().all(|record| found.contains(record)));
}

fn invitations(limit: u32, after: Option<Cursor>) -> RangeQuery {
    RangeQuery::Invitations(WORKSPACE, PageRequest { limit, after })
}

#[tokio::test]
async fn k42_lists_come_in_pages_newest_first() {
    let store = Engine::memory().await.store().await;
    create(&store, bare_records()).await;
    create(&store, (100..106).map(|number| Record::Invitation(invitation(invitation_id(number))))).await;
    let newest_first: Vec<_> = (100..106).rev().chain([7]).map(uuid).collect();
    for limit in [1, 2, 3, 6, 7, 8] {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let (serials, next) = page(&store, &invitations(limit, after)).await;
            assert!(!serials.is_empty() && serials.len() <= limit as usize, "no page is empty");
            all.extend(serials);
            let Some(next) = next else { break };
            // As a caller hands it back.
            after = Some(next.to_string().parse().expect("a cursor"));
        }
        assert_eq!(all, newest_first, "{limit} a page");
    }
    // No limit of a caller's makes a page empty or endless.
    assert_eq!(page(&store, &invitations(0, None)).await.0.len(), 1);
    assert_eq!(page(&store, &invitations(u32::MAX, None)).await.0.len(), 7);
}

#[tokio::test]
async fn every_list_holds_what_is_of_it_and_nothing_else() {
    let store = Engine::memory().await.store().await;
    create(&store, bare_records()).await;
    let page = || PageRequest { limit: 10, after: None };
    let slots = RangeQuery::EmailSlots(address().key(), page());
    let shard = outbox_shard(TaskId(uuid(30)));
    let (requests, mails) = (RangeQuery::LeaveRequests(WORKSPACE, page()), RangeQuery::Outbox(shard, page()));
    let (members, joined) = (RangeQuery::Members(WORKSPACE), RangeQuery::Joined(USER, page()));
    let nothing = RangeQuery::Members(OTHER_WORKSPACE);
    let load = [&slots, &requests, &mails, &members, &joined, &nothing];
    let load = load.into_iter().cloned().fold(Load::new(), Load::query);
    let loaded = store.load(&load).await.expect("loaded");
    assert_eq!(loaded.list::<EmailSlot>(&slots).len(), 1);
    assert_eq!(loaded.list::<LeaveRequest>(&requests).len(), 1);
    assert_eq!(loaded.list::<Task>(&mails).len(), 1);
    assert_eq!(loaded.list::<Member>(&members).len(), 1);
    assert_eq!(loaded.list::<JoinedWorkspace>(&joined).len(), 1);
    assert_eq!(loaded.list::<Member>(&nothing).len(), 0);
    assert_eq!(loaded.next(&joined), None);
}

#[tokio::test]
async fn a_list_over_one_megabyte_is_read_to_its_end() {
    let store = Engine::memory().await.store().await;
    let name = "𝔸".repeat(100);
    let heavy = |number| Member {
        first_name: Some(text(&name)),
        last_name: Some(text(&name)),
        ..member(UserId(uuid(number)))
    };
    create(&store, (0..1200).map(|number| Record::Member(heavy(number)))).await;
    let (store, meter) = store.metered();
    let query = RangeQuery::Members(WORKSPACE);
    let loaded = store.load(&Load::new().query(query.clone())).await.expect("loaded");
    assert_eq!(loaded.list::<Member>(&query).len(), 1200);
    assert!(meter.rounds() > 1, "as many rounds as pages");
    assert_eq!(meter.rounds(), meter.calls());
}

#[tokio::test]
async fn k39_forged_cursors_are_refused_and_lead_nowhere() {
    let store = Engine::memory().await.store().await;
    create(&store, bare_records()).await;
    create(&store, (100..103).map(|number| Record::Invitation(invitation(invitation_id(number))))).await;
    for text in ["", "%", "a", "AAAA=", "_w", &"A".repeat(4000)] {
        assert_eq!(text.parse::<Cursor>(), Err(BadCursor), "{text}");
    }
    // In base64: a place before the list, behind it, of another list, of no list, of a made-up
    // form, and the other spelling of an id.
    for forged in [
        "SU5WSVRBVElPTiM",
        "SU5WSVRBVElPTiN-",
        "TUVNQkVSIzAxOTAwMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMw",
        "V09SS1NQQUNF",
        "SU5WSVRBVElPTiMwMQ",
        "SU5WSVRBVElPTiMwMTkwMDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMEE",
    ] {
        let query = invitations(2, Some(forged.parse().expect("a text at least")));
        assert_eq!(query.check_cursor(), Err(BadCursor), "{forged}");
        assert_eq!(page(&store, &query).await, (Vec::new(), None), "{forged}");
    }
    let (_, next) = page(&store, &invitations(2, None)).await;
    let elsewhere = RangeQuery::LeaveRequests(WORKSPACE, PageRequest { limit: 2, after: next.clone() });
    assert_eq!(elsewhere.check_cursor(), Err(BadCursor));
    // The same place in another workspace is only a place in that one.
    let other = RangeQuery::Invitations(OTHER_WORKSPACE, PageRequest { limit: 2, after: next.clone() });
    assert_eq!(other.check_cursor(), Ok(()));
    assert_eq!(page(&store, &other).await, (Vec::new(), None));
    assert_eq!(invitations(2, next).check_cursor(), Ok(()));
    assert_eq!(invitations(2, None).check_cursor(), Ok(()));
    assert_eq!(RangeQuery::Members(WORKSPACE).check_cursor(), Ok(()));
}

#[tokio::test]
async fn k39_a_leave_request_is_found_only_by_its_whole_id() {
    let store = Engine::memory().await.store().await;
    create(&store, [Record::LeaveRequest(leave_request(LeaveState::Pending))]).await;
    let (own, forged) = (
        RecordKey::LeaveRequest(WORKSPACE, LEAVE),
        RecordKey::LeaveRequest(WORKSPACE, LeaveRequestId { user: OTHER_USER, ..LEAVE }),
    );
    let load = Load::new().record(own.clone()).record(forged.clone());
    let loaded = store.load(&load).await.expect("loaded, though both lie in one place");
    assert!(loaded.get::<LeaveRequest>(&own).is_some());
    assert_eq!(loaded.get::<LeaveRequest>(&forged), None);
}
