//! A pack that contradicts itself is refused, by file and line.

use seatwise_cli::dev::{self, Billing, Data, Options};
use seatwise_functions::service_clients::ServiceClients;
use seatwise_workbench::check;

use super::{DATA, ROLES};
use crate::support::packs::edited_without_cases;

/// The line, from 1, that this text is in.
fn line_of(text: &str, part: &str) -> usize {
    let offset = text.find(part).unwrap_or_else(|| panic!("no {part}"));
    text[..offset].matches('\n').count() + 1
}

/// A pack, a text of its data and what takes its place; the text of whose line is at fault, and why.
const CONTRADICTIONS: &[(&str, &str, &str, &str, &str)] = &[
    ("role-ladder", "prefix = \"swk\"", "prefix = \"sw_k\"", "sw_k", "must be 1 to 16 letters and digits"),
    (
        "role-ladder",
        "prefix = \"swk\"",
        "prefix = \"swk\"\nmax-per-workspace = 0",
        "max-per-workspace = 0",
        "must be 1 to 1000",
    ),
    ("role-ladder", "id = \"omni-bot\"", "id = \"Omni\"", "id = \"Omni\"", "an id is lower-case letters"),
    (
        "role-ladder",
        "id = \"omni-bot\"",
        "id = \"messenger\"",
        "id = \"messenger\"\nlabel = \"Messenger\"",
        "resource `messenger` is there twice",
    ),
    (
        "role-ladder",
        "id = \"omni-bot\"\nlabel = \"Omni bot\"\nlimit = 1",
        "id = \"omni-bot\"\nlabel = \"Omni bot\"\nallowance = \"flights\"",
        "allowance = \"flights\"",
        "has no allowance `flights`",
    ),
    ("role-ladder", "[leave]", "[mail]\nsender = 0\n\n[leave]", "sender = 0", "must be 1 to 10000"),
    (
        "role-ladder",
        "[leave]",
        "[workspaces]\ncreated-per-person = 0\n\n[leave]",
        "created-per-person = 0",
        "must be at least 1",
    ),
    (
        "role-seats",
        "model = \"by-role\"\n",
        "",
        "seat = \"required\"",
        "needs a seat, but `seats.model` is `none`",
    ),
    ("role-seats", "seatless = \"viewer\"\n", "", "when-full", "`seatless` needs `roles-given.seatless`"),
    (
        "role-seats",
        "seatless = \"viewer\"",
        "seatless = \"member\"",
        "seatless = ",
        "its `seat` is not `none`",
    ),
    ("role-seats", "seatless = \"viewer\"", "seatless = \"guest\"", "seatless = ", "which is no role"),
    ("role-seats", "seats = 5\n", "", "[[plan]]", "whose creator needs a seat"),
    ("role-seats", "plan = \"trial\"", "plan = \"gold\"", "plan = \"gold\"", "which is no plan"),
    (
        "role-seats",
        "id = \"pilot\"",
        "id = \"business\"",
        "id = \"business\"\nlabel = \"Pilot\"",
        "plan `business` is there twice",
    ),
    (
        "role-seats",
        "[\"email\", \"link\"",
        "[\"link\"",
        "email-invitations = { limit = 20",
        "which is no channel",
    ),
    (
        "role-seats",
        "lifetime = \"P14D\"",
        "reserves-seat = true",
        "reserves-seat",
        "an invitation cannot keep one",
    ),
    (
        "flat-owners",
        "role = \"fixed\"",
        "role = \"by-link\"",
        "role = \"by-link\"",
        "needs the channel `link`",
    ),
    ("flat-owners", "max = 5", "max = 0", "max = 0", "`members.max` must be at least 1"),
    ("flat-owners", "[\"email\"]", "[]", "channels = []", "there is no way in"),
    ("flat-owners", "label = \"Credits\"", "label = \"Credits\"\nseats = 3", "seats = 3", "has seats, but"),
    ("flat-owners", "[leave]", "[joining]\nauto-assign = true\n\n[leave]", "auto-assign", "needs a role"),
    (
        "flat-owners",
        "[leave]",
        "[joining]\nwhen-full = \"seatless\"\n\n[leave]",
        "when-full",
        "no seats that could run out",
    ),
    (
        "flat-owners",
        "creator = \"owner\"",
        "creator = \"member\"",
        "creator = \"member\"",
        "must be a governing role",
    ),
    ("flat-owners", "staff = true\n", "", "governing = true", "it needs `staff = true`"),
    (
        "role-ladder",
        "includes = \"member\"",
        "includes = \"owner\"",
        "includes = \"owner\"",
        "a role that ranks below",
    ),
    (
        "role-ladder",
        "[leave]",
        "[seats]\nover-assignment = \"suspend-last\"\n\n[leave]",
        "over-assignment",
        "only seats `by-role`",
    ),
    (
        "role-ladder",
        "lifetime = \"P30D\"",
        "lifetime = \"P1M\"",
        "lifetime = \"P1M\"",
        "such as P7D or PT36H; months and years are not allowed",
    ),
    ("role-ladder", "period = \"P1M\"", "period = \"PT1H\"", "period = \"PT1H\"", "such as P1M or P30D"),
    (
        "purchased-seats",
        "price = { amount = 1500,",
        "price = { vat = 19, amount = 1500,",
        "vat = 19",
        "has no key `vat`",
    ),
    (
        "role-ladder",
        "by = \"direct\"",
        "by = \"shouting\"",
        "by = \"shouting\"",
        "is the text `shouting`, but must be one of",
    ),
    (
        "role-ladder",
        "by = \"direct\"",
        "by = \"direct\"\nwhen = \"now\"",
        "when = \"now\"",
        "has no key `when`",
    ),
    (
        "purchased-seats",
        "seat = \"free-slot\"",
        "seat = \"required\"",
        "creator = \"owner\"",
        "before one can be bought",
    ),
    ("purchased-seats", "free-slots = 1", "free-slots = 0", "seat = \"free-slot\"", "uses a free slot"),
    ("purchased-seats", "max = 1000", "max = 2401", "max = 2401", "must be at most 2400"),
];

#[test]
fn a_pack_that_contradicts_itself_is_refused_by_file_and_line() {
    for (pack, from, to, at, what) in CONTRADICTIONS {
        let files = edited_without_cases(pack, &[(DATA, from, to)]);
        let found: Vec<String> = check(&files).iter().map(ToString::to_string).collect();
        let is_it = |finding: &String| {
            finding.contains(what) && finding.starts_with(&format!("{DATA}:{}:", line_of(&files[DATA], at)))
        };
        assert!(found.iter().any(is_it), "{pack}: {to}: expected {at}: {what}\nfound {}", found.join("\n"));
    }
}

#[test]
fn a_pack_whose_policies_lack_what_its_data_needs_is_refused() {
    for (pack, edits, what) in [
        (
            "role-seats",
            [(ROLES, "     Action::\"seats.assign\",\n", "")],
            "`admin` governs: the pack must permit it `assignSeat`, `assignSeats`",
        ),
        ("role-seats", [(ROLES, "     Action::\"links.manage\",\n", "")], "must permit it `createLink`"),
        (
            "role-seats",
            [(DATA, "features = [\"domain-join\"]", "features = [\"telepathy\"]")],
            "is not declared in",
        ),
        ("role-ladder", [(DATA, "by = \"direct\"", "by = \"request\"")], "must permit it `approveLeave`"),
        ("flat-owners", [(ROLES, "     Action::\"members.manage\",\n", "")], "must permit it `removeMember`"),
    ] {
        let found: Vec<String> =
            check(&edited_without_cases(pack, &edits)).iter().map(ToString::to_string).collect();
        let is_it = |finding: &String| finding.starts_with("product.toml:") && finding.contains(what);
        assert!(found.iter().any(is_it), "{pack}: {what}\nfound {}", found.join("\n"));
    }
}

#[tokio::test]
async fn the_service_does_not_start_with_a_pack_that_contradicts_itself() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in edited_without_cases("flat-owners", &[(DATA, "max = 5", "max = 0")]) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let options = Options {
        data: Data::Memory,
        pack: Some(format!("{}/", folder.path().display())),
        oidc: None,
        services: ServiceClients::default(),
        url: "https://app.example.com".to_owned(),
        app_url: "https://app.example.com".to_owned(),
        billing: Billing::OfPack,
    };
    let refused = Box::pin(dev::start(options)).await.map(|_| ()).unwrap_err().to_string();
    let line = line_of(&edited_without_cases("flat-owners", &[])[DATA], "max = 5");
    assert!(
        refused.contains("is not sound") && refused.contains(&format!("product.toml:{line}:")),
        "{refused}"
    );
}
