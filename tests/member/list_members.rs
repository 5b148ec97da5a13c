//! The list of members, and who sees it.

use serde_json::json;

use super::team;
use crate::support::client::Client as _;
use crate::support::office::office;
use crate::support::reply::text;

#[tokio::test]
async fn f11_members_do_not_see_who_else_is_there() {
    let (app, olga, workspace) = office("flat-owners").await;
    let tea = app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    for path in ["", "/members", "/members/export", "/invitations", "/invitations/quota", "/coordinator"] {
        let path = format!("{workspace}{path}");
        app.get(&tea, &path).await.expect_problem(403, "forbidden");
        app.get(&olga, &path).await.expect(200);
    }
    let pages = ["openWorkspacePage", "openBillingPage"];
    assert_eq!(app.allowed(&olga, &workspace, &pages).await, pages);
    assert!(app.allowed(&tea, &workspace, &pages).await.is_empty());
    // The answer of `authorize` has what the member's own client needs.
    assert_eq!(app.allowed(&tea, &workspace, &["useProduct"]).await, ["useProduct"]);
    assert_eq!(app.get(&tea, "/v1/workspaces").await.expect(200)["items"][0]["name"], "Acme");
}

#[tokio::test]
async fn f15_owners_are_green_members_indigo_and_the_invited_amber() {
    let (app, olga, workspace) = office("flat-owners").await;
    app.bring(&olga, &workspace, "tea@acme.example", "member").await;
    app.invite(&olga, &workspace, "uli@acme.example", "member").await;
    let list = app.get(&olga, &format!("{workspace}/members?status=all")).await.expect(200);
    let badges: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["badge"]["label"], &one["badge"]["color"], &one["status"]))
        .collect();
    let badge = |label: &str, color: &str, status: &str| (json!(label), json!(color), json!(status));
    let expected = [
        badge("Owner", "green", "member"),
        badge("Member", "indigo", "member"),
        badge("Pending", "amber", "pending"),
    ];
    assert_eq!(badges, expected.each_ref().map(|(label, color, status)| (label, color, status)));
}

#[tokio::test]
async fn r14_members_are_searched_sorted_and_filtered() {
    let (app, ada, workspace) = office("role-seats").await;
    team(&app, &ada, &workspace).await;
    let names = async |query: &str| -> Vec<String> {
        let emails = app.listed(&ada, &workspace, query).await;
        emails.iter().map(|email| email.split('@').next().unwrap().to_owned()).collect()
    };
    let mut all = ["calc", "ada", "nameless", "pat", "zoe", "zhanna", "lei"].map(str::to_owned).to_vec();
    assert_eq!(names("").await, all);
    assert_eq!(names("?sort=name").await, all);
    assert_eq!(names("?seat=with").await, ["ada", "nameless", "pat", "zoe"]);
    assert_eq!(names("?seat=without").await, ["calc", "zhanna", "lei"]);
    assert_eq!(names("?seat=without&sort=-name").await, ["lei", "zhanna", "calc"]);
    // By name or address, any part of it, in any case and script.
    for (search, found) in [
        ("pat", vec!["pat"]),
        ("PATTY", vec!["pat"]),
        ("neil,", vec!["pat"]),
        ("zo%C3%AB%20%C3%A5", vec!["zoe"]),
        ("%D0%96%D0%90%D0%9D", vec!["zhanna"]),
        ("%E9%9B%B7", vec!["lei"]),
        ("other.example", vec!["nameless"]),
        ("%40sum", vec!["calc"]),
        ("nobody", vec![]),
        ("%20", all.iter().map(String::as_str).collect()),
    ] {
        assert_eq!(names(&format!("?search={search}")).await, found, "{search}");
    }
    assert_eq!(names("?search=acme.example&seat=with").await, ["ada", "pat", "zoe"]);
    assert_eq!(names("?search=z&role=viewer").await, ["zhanna"]);
    assert_eq!(names("?search=zoe&seat=without").await, Vec::<String>::new());

    // Pages make the whole list, whichever way it goes.
    for (query, is_reversed) in
        [("?limit=2", false), ("?limit=2&sort=-name", true), ("?limit=2&search=.", false)]
    {
        let mut paged = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("{workspace}/members{query}{cursor}");
            let page = app.get(&ada, &path).await.expect(200);
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 2);
            paged.extend(items.iter().map(|one| text(&one["email"]).split('@').next().unwrap().to_owned()));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        if is_reversed {
            paged.reverse();
        }
        assert_eq!(paged, all, "{query}");
    }
    for bad in ["?sort=age", "?seat=maybe", "?limit=0", "?limit=101", "?cursor=xx", "?colour=red"] {
        let refused = app.get(&ada, &format!("{workspace}/members{bad}")).await;
        assert!([400, 422].contains(&refused.status.as_u16()), "{bad}: {}", refused.text);
    }
    // A name that changes is found at once, and the old one no more.
    let pat = app.sign_in("pat@acme.example").await;
    let renamed = json!({ "firstName": "Aaron", "lastName": null });
    app.call(&pat, "PATCH", "/v1/me", renamed).await.expect(200);
    all.retain(|name| name != "pat");
    all.insert(1, "pat".to_owned());
    assert_eq!(names("").await, all);
    assert_eq!(names("?search=patty").await, Vec::<String>::new());
}

/// People whose names a search must find, however it is typed.
const NAMES: [(&str, &str, &str); 9] = [
    ("e1", "Émile", "Zola"),
    ("s2", "Sébastien", "Dupont"),
    ("l3", "Łukasz", "Żółć"),
    ("z4", "zoë", "Ångström"),
    ("w5", "伟", "张"),
    ("j6", "Jo", "Straße"),
    ("i7", "İlker", "Işık"),
    ("a8", "Ａｎｎａ", "O’Neill"),
    ("e9", "emma", "Ek"),
];

#[tokio::test]
async fn k55_a_search_ignores_case_accents_forms_and_order_and_pages_have_one_order() {
    let (app, owner, workspace) = office("role-seats").await;
    for (email, first, last) in NAMES {
        let person = app.bring(&owner, &workspace, &format!("{email}@acme.example"), "viewer").await;
        let name = json!({ "firstName": first, "lastName": last });
        app.call(&person, "PATCH", "/v1/me", name).await.expect(200);
    }
    let found = async |query: &str| -> Vec<String> {
        let emails = app.listed(&owner, &workspace, query).await;
        emails.iter().map(|email| email.split('@').next().unwrap().to_owned()).collect()
    };
    for (search, expected) in [
        ("emile", "e1"),
        ("ZOE", "z4"),
        ("zoë", "z4"),
        ("lukasz", "l3"),
        ("zolc łuk", "l3"),
        ("dupont sébastien", "s2"),
        ("seb dup", "s2"),
        ("张伟", "w5"),
        ("伟", "w5"),
        ("strasse", "j6"),
        ("ilker isik", "i7"),
        ("IŞIK", "i7"),
        ("anna", "a8"),
        ("oneill", "a8"),
        ("o'neill ａｎｎａ", "a8"),
        ("z4@ACME", "z4"),
    ] {
        let search = search.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"));
        assert_eq!(found(&format!("?search={search}")).await, [expected], "{search}");
        let export = app.get(&owner, &format!("{workspace}/members/export?search={search}")).await.text;
        assert_eq!(export.lines().count(), 2, "{export}");
    }
    // The index, a filter and an export have the same order.
    let all = found("").await;
    let known: Vec<&str> =
        all.iter().map(String::as_str).filter(|name| NAMES.iter().any(|(email, ..)| email == name)).collect();
    assert_eq!(known, ["a8", "e1", "e9", "i7", "j6", "l3", "s2", "z4", "w5"]);
    assert_eq!(found("?search=acme.example").await, all);
    let export = app.get(&owner, &format!("{workspace}/members/export")).await.text;
    let exported: Vec<_> =
        export.lines().skip(1).filter_map(|row| row.split(',').nth(1)?.split('@').next()).collect();
    assert_eq!(exported, all);
}
