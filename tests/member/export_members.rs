//! The members as a file.

use serde_json::json;

use super::team;
use crate::support::client::Client as _;
use crate::support::office::office;
use crate::support::reply::text;
use crate::support::stage::Stage;

#[tokio::test]
async fn r15_the_members_shown_are_exported_as_csv() {
    let (app, ada, workspace) = office("role-seats").await;
    let team = team(&app, &ada, &workspace).await;
    let mut ids = vec![ada.id().to_string()];
    for person in &team {
        ids.push(person.id().to_string());
    }
    let [ada_id, zoe, calc, pat, lei, zhanna, nameless] = ids.try_into().unwrap();
    let head = "id,email,firstName,lastName,isAdmin,hasSeat,role,seatTier\r\n";
    let rows = [
        // A name that a spreadsheet would take for a formula is a text; a name with separators is quoted.
        format!("{calc},calc@acme.example,'=1+1,'@SUM(A1),no,no,viewer,\r\n"),
        format!("{ada_id},ada@acme.example,Ada,,yes,yes,admin,standard\r\n"),
        format!("{nameless},nameless@other.example,,,no,yes,member,standard\r\n"),
        format!("{pat},pat@acme.example,\"Pat \"\"Patty\"\"\",\"O'Neil, Jr.\",no,yes,member,standard\r\n"),
        format!("{zoe},zoe@acme.example,Zoë,Ångström,no,yes,member,standard\r\n"),
        format!("{zhanna},zhanna@acme.example,Жанна,Борисова,no,no,viewer,\r\n"),
        format!("{lei},lei@acme.example,雷,李,no,no,viewer,\r\n"),
    ];
    let export = async |query: &str| {
        let reply = app.get(&ada, &format!("{workspace}/members/export{query}")).await;
        assert_eq!(reply.headers["content-type"], "text/csv; charset=utf-8");
        assert!(reply.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
        // Spreadsheets know UTF-8 by the mark.
        reply.text.strip_prefix('\u{FEFF}').expect("a byte order mark").to_owned()
    };
    let table = |shown: &[usize]| {
        format!("{head}{}", shown.iter().map(|row| rows[*row].as_str()).collect::<String>())
    };
    assert_eq!(export("").await, table(&[0, 1, 2, 3, 4, 5, 6]));
    assert_eq!(export("?sort=-name").await, table(&[6, 5, 4, 3, 2, 1, 0]));
    assert_eq!(export("?seat=without").await, table(&[0, 5, 6]));
    assert_eq!(export("?seat=with&search=acme").await, table(&[1, 3, 4]));
    assert_eq!(export("?role=admin").await, table(&[1]));
    assert_eq!(export("?search=nobody").await, head);
    // The export has the members that the list shows.
    for query in ["", "?seat=with", "?seat=without&sort=-name", "?search=z"] {
        let emails = app.listed(&ada, &workspace, query).await;
        let export = export(query).await;
        let exported: Vec<_> = export.lines().skip(1).map(|row| row.split(',').nth(1).unwrap()).collect();
        assert_eq!(exported, emails, "{query}");
    }
    app.get(&team[0], &format!("{workspace}/members/export")).await.expect_problem(403, "forbidden");
}

/// The cells of a table as RFC 4180 has it.
fn cells(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = csv.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => cell.extend(characters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted && characters.peek() == Some(&'\n') => {
                characters.next();
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    assert!(cell.is_empty() && row.is_empty() && !quoted, "{csv}");
    rows
}

#[tokio::test]
async fn k36_no_cell_of_an_export_is_a_formula() {
    let stage = Stage::of_role_seats().await;
    let app = &stage.app;
    let names = [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "=HYPERLINK(\"https://evil.example\",\"x\")",
        "=cmd|' /C calc'!A0",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(A1)",
        "a,b",
        "a\"b",
        "\"=1+1",
        ";=1+1",
        "Zoë",
    ];
    for (number, name) in names.iter().enumerate() {
        let email = format!("{}{number}@acme.example", ["x", "+", "-", "="][number % 4]);
        let invited = json!({ "emails": [email], "role": "viewer", "sendEmail": false });
        let made =
            app.post(&stage.owner, &format!("{}/invitations", stage.workspace), invited).await.expect(201);
        let person = app.sign_in(&email).await;
        app.join(&person, &made["items"][0]["invitation"]).await.expect(200);
        let profile = json!({ "firstName": name, "lastName": name });
        app.call(&person, "PATCH", "/v1/me", profile).await.expect(200);
    }
    let export = format!("{}/members/export", stage.workspace);
    let csv = app.get(&stage.owner, &export).await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(csv.headers["content-disposition"], "attachment; filename=\"members.csv\"");
    let rows = cells(csv.text.strip_prefix('\u{FEFF}').expect("a byte order mark"));
    let columns = ["id", "email", "firstName", "lastName", "isAdmin", "hasSeat", "role", "seatTier"];
    assert_eq!(rows[0], columns);
    assert_eq!(rows.len(), 1 + 2 + names.len());
    let formula = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    for row in &rows {
        assert_eq!(row.len(), columns.len(), "{row:?}");
        assert!(row.iter().all(|cell| !cell.starts_with(formula)), "{row:?}");
    }
    // Nothing else is changed, and nothing is left out.
    for name in names {
        // Some programs split at semicolons as well.
        let harmless =
            |part: &str| if part.starts_with(formula) { format!("'{part}") } else { part.to_owned() };
        let shown = name.split(';').map(harmless).collect::<Vec<_>>().join(";");
        assert!(rows.iter().any(|row| row[2] == shown && row[3] == shown), "{shown}: {}", csv.text);
    }
    // As the list filters, so does the export.
    for query in ["search=zo%C3%AB", "role=viewer", "seat=with", "seat=without&sort=-name", "search=nobody"] {
        let csv = app.get(&stage.owner, &format!("{export}?{query}")).await;
        let ids: Vec<String> = cells(&csv.text).into_iter().skip(1).map(|mut row| row.remove(0)).collect();
        let listed = format!("{}/members?limit=100&{query}", stage.workspace);
        let listed = app.get(&stage.owner, &listed).await.expect(200);
        let listed: Vec<String> =
            listed["items"].as_array().expect("members").iter().map(|one| text(&one["userId"])).collect();
        assert_eq!(ids, listed, "{query}");
    }
}
