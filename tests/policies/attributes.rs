//! What policies can ask for: the examples of `policies/REFERENCE.md`, in use.

use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::client::{Client as _, member_path};
use crate::support::documented::policy;
use crate::support::person::Person;
use crate::support::reply::{Reply, text};

/// `purchased-seats` with a documented policy: a workspace with an owner, an admin and a member, all on Basic or Pro seats.
struct Office {
    app: App,
    olga: Person,
    adam: Person,
    tea: Person,
    workspace: String,
}

impl Office {
    async fn with(id: &str) -> Self {
        Self::under(&documented(id), &[]).await
    }

    async fn under(policy: &str, edits: &[(&str, &str, &str)]) -> Self {
        let first = "// Who may what in a workspace.";
        let rule = format!("{first}\n\n{policy}");
        let edits = [&[("roles.cedar", first, rule.as_str())], edits].concat();
        let app = App::with_edited_pack("purchased-seats", &edits).await;
        let olga = app.sign_in("olga@acme.example").await;
        let workspace = app.workspace(&olga).await;
        let adam = app.member(&olga, &workspace, "adam", "admin").await;
        let tea = app.member(&olga, &workspace, "tea", "member").await;
        Self { app, olga, adam, tea, workspace }
    }

    async fn invite(&self, by: &Person, whom: &str, terms: Value) -> Reply {
        let mut body = json!({ "emails": [format!("{whom}@acme.example")] });
        body.as_object_mut().expect("an object").extend(terms.as_object().expect("an object").clone());
        self.app.post(by, &format!("{}/invitations", self.workspace), body).await
    }

    /// Whether `authorize` allows these checks; else the reason.
    async fn asked(&self, by: &Person, checks: Value) -> Vec<String> {
        let asked =
            self.app.post(by, &format!("{}/authorize", self.workspace), json!({ "checks": checks })).await;
        let asked = asked.expect(200);
        let decisions = asked["decisions"].as_array().expect("decisions").iter();
        decisions.map(|it| it["reason"].as_str().unwrap_or("allowed").to_owned()).collect()
    }

    async fn lists(&self, who: &Person, action: &str) -> bool {
        let listed = self.app.get(who, &format!("{}/permissions", self.workspace)).await.expect(200);
        listed["actions"].as_array().expect("actions").iter().any(|it| it == action)
    }

    fn seat(&self, who: &Person) -> String {
        format!("{}/seat", member_path(&self.workspace, who))
    }
}

fn documented(id: &str) -> String {
    policy("policies/REFERENCE.md", id)
}

#[track_caller]
fn assert_refused(reply: Reply, reason: &str) {
    assert_eq!(reply.expect_problem(403, "forbidden")["reason"], reason);
}

#[tokio::test]
async fn d5_a_policy_can_ask_when_somebody_joined() {
    let office = Office::with("roles.newcomers-stay").await;
    let Office { app, olga, adam, tea, workspace } = &office;
    let check = json!([{ "action": "removeMember", "member": tea.id() }]);
    assert_eq!(office.asked(adam, check.clone()).await, ["joined_today"]);
    assert_refused(app.remove(adam, workspace, tea).await, "joined_today");
    assert_refused(app.remove(olga, workspace, tea).await, "joined_today");
    // Of members who joined earlier, the answer is another.
    assert!(office.lists(adam, "removeMember").await);
    app.advance(24 * 3600 - 60).await;
    let adam = &app.signed(adam);
    assert_refused(app.remove(adam, workspace, tea).await, "joined_today");
    app.advance(120).await;
    assert_eq!(office.asked(adam, check).await, ["allowed"]);
    app.remove(adam, workspace, tea).await.expect(204);
}

#[tokio::test]
async fn d5_a_policy_can_ask_for_the_tier_of_an_invitation() {
    let office = Office::with("roles.members-invite-to-basic").await;
    let Office { app, olga, tea, workspace, .. } = &office;
    let basic = app.buy(olga, workspace, "basic", 2).await;
    let pro = app.buy(olga, workspace, "pro", 2).await;
    for refused in
        [json!({}), json!({ "tier": "pro" }), json!({ "seatId": pro[0] }), json!({ "tier": "gold" })]
    {
        assert_refused(office.invite(tea, "una", refused).await, "not_permitted");
    }
    let above = json!({ "tier": "basic", "role": "admin" });
    office.invite(tea, "una", above).await.expect_problem(403, "role_above_own");
    let checks = json!([
        { "action": "invite" },
        { "action": "invite", "tier": "basic" },
        { "action": "invite", "tier": "pro" },
        { "action": "invite", "role": "member", "tier": "basic" },
    ]);
    assert_eq!(office.asked(tea, checks).await, ["allowed", "allowed", "not_permitted", "allowed"]);
    assert!(office.lists(tea, "invite").await);

    let by_tier = office.invite(tea, "una", json!({ "tier": "basic" })).await.expect(201);
    let by_seat = office.invite(tea, "uwe", json!({ "seatId": basic[1] })).await;
    // The first may have taken that seat.
    let by_seat = if by_seat.status == 201 {
        by_seat
    } else {
        office.invite(tea, "uwe", json!({ "seatId": basic[0] })).await
    };
    for (invited, name) in [(by_tier, "una"), (by_seat.expect(201), "uwe")] {
        let invitation = &invited["items"][0]["invitation"];
        assert_eq!(invitation["tier"], "basic");
        // A member does not see the links of invitations.
        assert_eq!(invitation["url"], Value::Null);
        let person = app.sign_in(&format!("{name}@acme.example")).await;
        let body = json!({ "invitationId": invitation["id"] });
        app.post(&person, "/v1/join", body).await.expect(200);
    }
}

#[tokio::test]
async fn d5_an_invitation_ends_if_its_maker_could_not_give_its_tier() {
    let office = Office::with("roles.members-invite-to-basic").await;
    let Office { app, olga, adam, workspace, .. } = &office;
    app.buy(olga, workspace, "basic", 1).await;
    app.buy(olga, workspace, "pro", 1).await;
    let mut made = Vec::new();
    for (name, tier) in [("una", "basic"), ("uwe", "pro")] {
        let invited = office.invite(adam, name, json!({ "tier": tier })).await.expect(201);
        made.push((name, text(&invited["items"][0]["invitation"]["id"])));
    }
    app.change_role(olga, workspace, adam, "member").await.expect(200);
    for ((name, id), status) in made.into_iter().zip([200, 410]) {
        let person = app.sign_in(&format!("{name}@acme.example")).await;
        app.post(&person, "/v1/join", json!({ "invitationId": id })).await.expect(status);
    }
}

#[tokio::test]
async fn d5_a_policy_can_forbid_a_tier_on_every_path() {
    let office = Office::with("seats.admins-give-basic").await;
    let Office { app, olga, adam, tea, workspace } = &office;
    app.buy(olga, workspace, "basic", 2).await;
    let pro = app.buy(olga, workspace, "pro", 2).await;
    assert_refused(office.invite(adam, "una", json!({ "tier": "pro" })).await, "owners_give_pro");
    assert_refused(office.invite(adam, "una", json!({ "seatId": pro[0] })).await, "owners_give_pro");
    let seat = office.seat(tea);
    for wish in [json!({ "tier": "pro" }), json!({ "seatId": pro[1] })] {
        assert_refused(app.call(adam, "PUT", &seat, wish).await, "owners_give_pro");
    }
    // A choice that is left to the service is a permitted one. The second Basic seat goes with the invitation.
    let invited = office.invite(adam, "una", json!({})).await.expect(201);
    let invitation = &invited["items"][0]["invitation"];
    assert_eq!(invitation["tier"], "basic");
    let path = format!("{workspace}/invitations/{}", text(&invitation["id"]));
    assert_refused(app.call(adam, "PATCH", &path, json!({ "tier": "pro" })).await, "owners_give_pro");
    app.call(adam, "PATCH", &path, json!({ "role": "admin" })).await.expect(200);
    office.invite(adam, "uwe", json!({})).await.expect(201);
    // Only Pro seats are free from here on.
    assert_refused(office.invite(adam, "udo", json!({})).await, "owners_give_pro");
    let both = json!({ "emails": ["udo@acme.example", "ute@acme.example"] });
    let rows = app.post(adam, &format!("{workspace}/invitations"), both).await.expect(201);
    for row in rows["items"].as_array().expect("rows") {
        assert_eq!(row["problem"]["reason"], "owners_give_pro", "{row}");
    }
    let checks = json!([
        { "action": "invite" },
        { "action": "invite", "tier": "pro" },
        { "action": "assignSeat", "member": tea.id(), "tier": "pro" },
        { "action": "assignSeat", "member": tea.id(), "tier": "basic" },
    ]);
    let expected = ["allowed", "owners_give_pro", "owners_give_pro", "allowed"];
    assert_eq!(office.asked(adam, checks).await, expected);
    // An owner gives what an admin may not; the admin does not see the link, and does not send it again.
    let invited = office.invite(olga, "udo", json!({ "tier": "pro" })).await.expect(201);
    let id = text(&invited["items"][0]["invitation"]["id"]);
    let listed = app.get(adam, &format!("{workspace}/invitations")).await.expect(200);
    let listed = listed["items"].as_array().expect("invitations");
    let url =
        |wanted: &dyn Fn(&Value) -> bool| listed.iter().find(|it| wanted(it)).expect("listed")["url"].clone();
    assert_eq!(url(&|it| it["id"] == id.as_str()), Value::Null);
    assert_ne!(url(&|it| it["tier"] == "basic"), Value::Null);
    let resend = format!("{workspace}/invitations/{id}/resend");
    assert_refused(app.post(adam, &resend, Value::Null).await, "owners_give_pro");
}

#[tokio::test]
async fn d5_a_role_gives_no_seat_of_a_forbidden_tier() {
    let guest = "[[role]]\nid = \"guest\"\nlabel = \"Guest\"\nrank = 5\nbadge = \"gray\"\nseat = \"none\"\n\n[seats]\n";
    let edits = [("product.toml", "[seats]\n", guest)];
    let permit = "@id(\"roles.guests-see\")\npermit (principal in Role::\"guest\", action in Action::\"workspace.read\", resource);";
    let rule = format!("{}\n\n{permit}", documented("seats.admins-give-basic"));
    let office = Office::under(&rule, &edits).await;
    let Office { app, olga, adam, tea, workspace } = &office;
    app.change_role(olga, workspace, tea, "guest").await.expect(200);
    app.buy(olga, workspace, "pro", 1).await;
    // Only this seat is free.
    assert_refused(app.change_role(adam, workspace, tea, "member").await, "owners_give_pro");
    app.buy(olga, workspace, "basic", 1).await;
    let changed = app.change_role(adam, workspace, tea, "member").await.expect(200);
    assert_eq!(changed["seat"]["tier"], "basic", "{changed}");
}

#[tokio::test]
async fn d5_a_policy_can_ask_for_the_tier_that_a_member_has() {
    let office = Office::with("seats.admins-leave-pro").await;
    let Office { app, olga, adam, tea, workspace } = &office;
    app.buy(olga, workspace, "basic", 1).await;
    app.buy(olga, workspace, "pro", 1).await;
    app.call(olga, "PUT", &office.seat(tea), json!({ "tier": "pro" })).await.expect(200);
    let check = json!([{ "action": "removeMember", "member": tea.id() }, { "action": "assignSeat", "member": tea.id() }]);
    assert_eq!(office.asked(adam, check.clone()).await, ["owners_move_pro", "owners_move_pro"]);
    assert_refused(app.remove(adam, workspace, tea).await, "owners_move_pro");
    assert_refused(
        app.call(adam, "PUT", &office.seat(tea), json!({ "tier": "basic" })).await,
        "owners_move_pro",
    );
    assert!(office.lists(adam, "removeMember").await);
    app.call(olga, "PUT", &office.seat(tea), json!({ "tier": "basic" })).await.expect(200);
    assert_eq!(office.asked(adam, check).await, ["allowed", "allowed"]);
    app.remove(adam, workspace, tea).await.expect(204);
}
