//! The invitations that a person sees without a link.

use seatwise_domain::{
    Change, EmailAddress, EmailSlot, InvitationId, PendingInvitation, Record, RoleId, WorkspaceId,
};
use serde_json::json;
use uuid::Uuid;

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::reply::text;

#[tokio::test]
async fn s7_the_invited_accept_or_decline_from_their_list() {
    let app = App::new().await;
    let owner = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&owner).await;
    app.buy(&owner, &workspace, "pro", 2).await;
    app.invite(&owner, &workspace, "tea@acme.example", "member").await;
    let tea = app.sign_in("tea@acme.example").await;
    let mine = app.get(&tea, "/v1/me/invitations").await.expect(200);
    let id = text(&mine["items"][0]["id"]);
    let stranger = app.sign_in("eve@acme.example").await;
    assert_eq!(app.get(&stranger, "/v1/me/invitations").await.expect(200)["items"], json!([]));
    app.post(&stranger, &format!("/v1/invitations/{id}/decline"), json!({}))
        .await
        .expect_problem(404, "invitation_unknown");
    app.post(&tea, &format!("/v1/invitations/{id}/decline"), json!({})).await.expect(204);
    app.post(&tea, "/v1/join", json!({ "invitationId": id })).await.expect_problem(410, "invitation_revoked");
    assert_eq!(app.get(&tea, "/v1/me/invitations").await.expect(200)["items"], json!([]));
    // Without a mail: who declined gets none for a while.
    let quiet = json!({ "emails": ["tea@acme.example"], "role": "admin", "sendEmail": false });
    app.post(&owner, &format!("{workspace}/invitations"), quiet).await.expect(201);
    let mine = app.get(&tea, "/v1/me/invitations").await.expect(200);
    let joined =
        app.post(&tea, "/v1/join", json!({ "invitationId": mine["items"][0]["id"] })).await.expect(200);
    assert_eq!(joined["member"]["role"], "admin");
}

#[tokio::test]
async fn k50_a_real_invitation_is_not_buried_by_a_thousand_workspaces() {
    let app = App::with_pack("role-ladder").await;
    let olga = app.sign_in("olga@acme.example").await;
    let workspace = app.workspace(&olga).await;
    let tea = app.sign_in("tea@acme.example").await;
    let email: EmailAddress = tea.email.clone().try_into().expect("an address");
    let now = app.local.clock.now();
    // Workspaces that have invited her before: the invitations are over or have expired.
    let slots = (0..1_101_u128).map(|number| {
        let workspace = WorkspaceId(Uuid::from_u128(0x0100_0000_0000_7000_8000_0000_0000_0000 + number));
        let pending = PendingInvitation {
            invitation: InvitationId { workspace, serial: workspace.0 },
            workspace_name: "Spam".to_owned().try_into().expect("a name"),
            logo: None,
            role: RoleId("member".to_owned()),
            invited_at: now,
            made_at: Some(now),
            expires_at: Some(now),
            seat: None,
            invited_by: None,
            inviter_name: None,
            maker_role: None,
        };
        let pending = Some(pending).filter(|_| number % 2 == 0);
        Change::Create(Record::EmailSlot(EmailSlot { pending, ..EmailSlot::empty(workspace, email.key()) }))
    });
    for some in slots.collect::<Vec<_>>().chunks(100) {
        app.store().commit_without_events(some).await.expect("written");
    }
    let invitation = app.invite(&olga, &workspace, &tea, "member").await;
    let entered = app.post(&tea, "/v1/me", json!({})).await.expect(200);
    assert_eq!(entered["next"], "invitations");
    assert_eq!(entered["invitations"].as_array().map(Vec::len), Some(1));
    assert_eq!(entered["invitations"][0]["id"], invitation["id"]);
    let mine = app.get(&tea, "/v1/me/invitations?limit=1").await.expect(200);
    assert_eq!(mine["items"][0]["id"], invitation["id"]);
}
