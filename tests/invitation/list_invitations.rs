//! The list of invitations: what is pending is never hidden (K50).

use std::collections::BTreeSet;

use seatwise_domain::{Change, Invitation, InvitationId, InvitationState, Record, RoleId};
use serde_json::Value;
use uuid::Uuid;

use crate::support::app::App;
use crate::support::client::{Client as _, id_of};
use crate::support::office::office;
use crate::support::person::Person;
use crate::support::reply::text;

/// Writes so many revoked invitations, each newer than any that an operation makes.
async fn revoke_many(app: &App, workspace: &str, by: &Person, count: u128) {
    let now = app.local.clock.now();
    let revoked = |number: u128| {
        let serial = Uuid::from_u128(0x01FF_0000_0000_7000_8000_0000_0000_0000 + number);
        Change::Create(Record::Invitation(Invitation {
            id: InvitationId { workspace: id_of(workspace), serial },
            email: None,
            role: RoleId("member".to_owned()),
            seat: None,
            generation: 1,
            state: InvitationState::Revoked { at: now },
            expires_at: None,
            invited_by: by.id(),
            inviter_name: None,
            maker: None,
            invited_at: now,
            deliveries: Vec::new(),
            declined: None,
        }))
    };
    let all: Vec<Change> = (0..count).map(revoked).collect();
    for some in all.chunks(100) {
        app.store().commit_without_events(some).await.expect("written");
    }
}

#[tokio::test]
async fn k50_pending_invitations_come_before_any_number_of_closed_ones() {
    for pack in ["flat-owners", "role-seats", "role-ladder"] {
        let (app, olga, workspace) = office(pack).await;
        let first = app.invite(&olga, &workspace, "tea@acme.example", "member").await;
        let second = app.invite(&olga, &workspace, "lee@acme.example", "member").await;
        revoke_many(&app, &workspace, &olga, 1_101).await;
        let path = format!("{workspace}/invitations");
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = app.get(&olga, &format!("{path}?limit=100{cursor}")).await.expect(200);
            all.extend(page["items"].as_array().expect("a list").iter().map(|one| text(&one["id"])));
            let Some(next) = page["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(all[..2], [text(&second["id"]), text(&first["id"])], "{pack}");
        assert_eq!((all.len(), all.iter().collect::<BTreeSet<_>>().len()), (1_103, 1_103), "{pack}");
        let pending = app.get(&olga, &format!("{path}?status=pending&limit=1")).await.expect(200);
        assert_eq!(pending["items"][0]["id"], second["id"], "{pack}");
        // In the list of members, too.
        for (status, count) in [("pending", 2), ("all", 3)] {
            let listed = app.get(&olga, &format!("{workspace}/members?status={status}")).await.expect(200);
            let people: Vec<&Value> = listed["items"].as_array().expect("a list").iter().collect();
            let invited = people.iter().filter(|one| one["status"] == "pending").count();
            assert_eq!((people.len(), invited), (count, 2), "{pack} {status}");
        }
    }
}
