//! Records of resources, and the condition on their numbers.

use seatwise_domain::{Change, Delta, KindId, Record, ResourceCount, WorkspaceResource};

use super::{USER, WORKSPACE, assert_conflict, at, text};
use crate::support::engine::Engine;

fn resource() -> WorkspaceResource {
    let (kind, external_id) = (KindId("bot".to_owned()), text("bot-1"));
    WorkspaceResource {
        workspace: WORKSPACE,
        id: WorkspaceResource::id_of(&kind, &external_id, None),
        kind,
        external_id,
        account: None,
        label: None,
        added_by: USER,
        added_at: at(1),
    }
}

/// Records with nothing optional.
pub(super) fn bare_records() -> Vec<Record> {
    let count = ResourceCount { workspace: WORKSPACE, kind: KindId("bot".to_owned()), used: 1 };
    vec![Record::WorkspaceResource(resource()), Record::ResourceCount(count)]
}

/// A resource with all that it can have.
pub(super) fn full_record() -> Record {
    let (external_id, account) = (text("shop"), text("berlin"));
    let id = WorkspaceResource::id_of(&resource().kind, &external_id, Some(&account));
    let label = Some(text("Berlin"));
    Record::WorkspaceResource(WorkspaceResource {
        id,
        external_id,
        account: Some(account),
        label,
        ..resource()
    })
}

#[tokio::test]
async fn k68_a_count_of_resources_keeps_its_bounds() {
    let store = Engine::memory().await.store().await;
    let adjust = |by: Delta| {
        [Change::AdjustResourceCount { workspace: WORKSPACE, kind: KindId("bot".to_owned()), by }]
    };
    let add = || adjust(Delta::by(1).up_to(2));
    assert_conflict(&store.commit_without_events(&adjust(Delta::by(1).up_to(0))).await);
    store.commit_without_events(&add()).await.expect("the first");
    store.commit_without_events(&add()).await.expect("the second");
    assert_conflict(&store.commit_without_events(&add()).await);
    store.commit_without_events(&adjust(Delta::by(-1).keeping(0))).await.expect("removed");
    store.commit_without_events(&add()).await.expect("room for another");
    let other = [Change::AdjustResourceCount {
        workspace: WORKSPACE,
        kind: KindId("smtp-profile".to_owned()),
        by: Delta::by(-1).keeping(0),
    }];
    assert_conflict(&store.commit_without_events(&other).await);
}
