//! The current workspace: it is never one that the person is not in.

use seatwise_domain::{Change, JoinedWorkspace, Record, WorkspaceId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::catalogue::{Feature, PRODUCTS, Product};
use crate::support::client::{Client as _, id_of};
use crate::support::deployment::Deployment;
use crate::support::person::{Person, somebody};
use crate::support::process::Process;
use crate::support::stream::delete_workspaces;

/// A way out of a workspace.
#[derive(Clone, Copy, Debug)]
enum WayOut {
    Removed,
    Left,
    LetGo,
    Deleted,
}

fn ways_out(product: &Product) -> Vec<WayOut> {
    let mut ways = vec![WayOut::Removed, WayOut::Deleted];
    ways.extend(product.has(Feature::DirectLeave).then_some(WayOut::Left));
    ways.extend(product.has(Feature::LeaveRequests).then_some(WayOut::LetGo));
    ways
}

impl WayOut {
    async fn take(self, process: &Process, olga: &Person, tea: &Person, workspace: &str) {
        match self {
            Self::Removed => process.remove(olga, workspace, tea).await.expect(204),
            Self::Left => process.post(tea, &format!("{workspace}/leave"), Value::Null).await.expect(204),
            Self::LetGo => {
                let asked = process.ask_to_leave(tea, workspace).await;
                process.post(olga, &format!("{asked}/approve"), Value::Null).await.expect(200)
            }
            Self::Deleted => process.call(olga, "DELETE", workspace, Value::Null).await.expect(204),
        };
    }
}

#[tokio::test]
async fn l6_the_current_workspace_is_one_that_the_person_is_in_whichever_way_they_went() {
    for product in &PRODUCTS {
        let deployment = Deployment::under(product.pack, &[]).await;
        let process = deployment.process();
        let (olga, tea) = (somebody("olga"), somebody("tea"));
        // Another workspace, so that no product deletes the account.
        process.workspace(&tea).await;
        for way in ways_out(product) {
            let workspace = process.workspace(&olga).await;
            if product.has(Feature::BoughtSeats) {
                process.buy(&olga, &workspace, "pro", 1).await;
            }
            process.bring(&olga, &workspace, "tea", "member").await;
            let current = json!({ "currentWorkspaceId": id_of(&workspace) });
            let set = process.call(&tea, "PATCH", "/v1/me", current.clone()).await.expect(200);
            assert_eq!(set["currentWorkspaceId"], current["currentWorkspaceId"]);
            let shown = process.get(&tea, "/v1/me").await.expect(200);
            assert_eq!(shown["currentWorkspaceId"], current["currentWorkspaceId"]);

            way.take(&process, &olga, &tea, &workspace).await;
            let what = format!("{}, {way:?}", product.pack);
            // At once: a job removes what was in a deleted workspace only later.
            let shown = process.get(&tea, "/v1/me").await.expect(200);
            assert_eq!(shown["currentWorkspaceId"], Value::Null, "{what}");
            process.call(&tea, "PATCH", "/v1/me", current).await.expect_problem(422, "invalid_request");
            let zone = json!({ "timezone": "Europe/Riga" });
            let changed = process.call(&tea, "PATCH", "/v1/me", zone).await.expect(200);
            assert_eq!(changed["currentWorkspaceId"], Value::Null, "{what}");
            let entered = process.post(&tea, "/v1/me", Value::Null).await.expect(200);
            assert_eq!(entered["user"]["currentWorkspaceId"], Value::Null, "{what}");
            delete_workspaces(&process).await;
        }
        deployment.audit().await;
    }
}

#[tokio::test]
async fn l6_the_current_workspace_is_found_among_more_than_a_page_of_them() {
    let deployment = Deployment::under("role-ladder", &[]).await;
    let process = deployment.process();
    let (olga, tea) = (somebody("olga"), somebody("tea"));
    let workspace = process.workspace(&olga).await;
    process.bring(&olga, &workspace, "tea", "member").await;
    let current = json!({ "currentWorkspaceId": id_of(&workspace) });
    process.call(&tea, "PATCH", "/v1/me", current.clone()).await.expect(200);
    // Sixty others come before it in the list.
    let joined = (1..=60).map(|number| {
        let workspace = WorkspaceId(Uuid::from_u128(number));
        let joined = JoinedWorkspace { user: tea.id(), workspace, at: process.now(), deleted: false };
        Change::Create(Record::JoinedWorkspace(joined))
    });
    deployment.store().commit_without_events(&joined.collect::<Vec<_>>()).await.expect("written");
    let shown = process.get(&tea, "/v1/me").await.expect(200);
    assert_eq!(shown["currentWorkspaceId"], current["currentWorkspaceId"]);
    process.post(&tea, &format!("{workspace}/leave"), Value::Null).await.expect(204);
    let shown = process.get(&tea, "/v1/me").await.expect(200);
    assert_eq!(shown["currentWorkspaceId"], Value::Null);
}
