//! The complete permission tables of the products' documents.
//!
//! The cases of a pack are examples, and an action that is added is in none of them. Here everything
//! that `app.cedarschema` declares, and everything about billing, is compared with the document's table:
//! nothing more, nothing less.

use std::collections::{BTreeMap, BTreeSet};

use seatwise_policy::{Bundle, packs};

use crate::probe::{Probe, probes};
use crate::situation::{SERVICE, WorkspaceRelation};

/// A permission table: each action, with the roles that may do it.
type Table = BTreeMap<String, BTreeSet<String>>;

/// A line of a document: an action, and the roles that may do it, with a space between.
type TableLine<'a> = (&'a str, &'a str);

/// Every action that is asked about, with the roles that may do it in some situation: a document describes
/// the best situation of a role.
fn decided(pack: &str, is_asked: impl Fn(&Probe<'_>) -> bool) -> Table {
    let bundle = Bundle::compile(&packs::files(pack).unwrap()).unwrap();
    let mut table = Table::new();
    for probe in probes(&bundle).into_iter().filter(|probe| {
        probe.relation == WorkspaceRelation::Own && !probe.caller.starts_with(SERVICE) && is_asked(probe)
    }) {
        let roles = table.entry(probe.info.name.clone()).or_default();
        if probe.verdict.allows() {
            roles.insert(probe.caller);
        }
    }
    table
}

fn of_the_product(pack: &str) -> Table {
    decided(pack, |probe| probe.info.is_product)
}

/// The groups of the core schema that are about money, beside seats.
const BILLING: [&str; 4] = ["billing.read", "billing.manage", "credits.read", "credits.spend"];

/// Everything about billing that the core schema declares.
fn of_billing(pack: &str) -> Table {
    let bundle = Bundle::compile(&packs::files(pack).unwrap()).unwrap();
    decided(pack, |probe| {
        let groups = bundle.groups(&probe.info.name);
        !probe.info.is_product && groups.iter().any(|group| BILLING.contains(&group.as_str()))
    })
}

/// The table of billing where some roles read, and some of them manage.
fn billing(read: &str, manage: &str) -> Table {
    let of_group = |names: &[&str], roles: &str| -> Table {
        names.iter().flat_map(|name| written(&[(name, roles)])).collect()
    };
    let mut table = of_group(&["getBilling", "getPurchase", "previewPurchase", "listInvoices"], read);
    let managing = ["changePlan", "buyCredits", "discardPurchase", "openBillingPortal", "cancelSubscription"];
    table.extend(of_group(&managing, manage));
    table.extend(of_group(&["getCredits", "spendCredits"], ""));
    table
}

fn written(lines: &[TableLine<'_>]) -> Table {
    let roles = |text: &str| text.split_whitespace().map(ToOwned::to_owned).collect();
    lines.iter().map(|(action, text)| ((*action).to_owned(), roles(text))).collect()
}

/// The pages of `flat-owners`, and the use of the product, which is open to everybody.
const F11: &[TableLine<'_>] =
    &[("useProduct", "owner member"), ("openWorkspacePage", "owner"), ("openBillingPage", "owner")];

const F13: &[TableLine<'_>] = &[
    ("getCredits", "owner member"),
    ("buyCredits", "owner"),
    ("spendCredits", "owner"),
    ("openBillingPage", "owner"),
    ("getBilling", "owner"),
    ("getPurchase", "owner"),
    ("previewPurchase", "owner"),
    ("discardPurchase", "owner"),
    ("changePlan", "owner"),
    // Payment methods are managed in the portal.
    ("openBillingPortal", "owner"),
    ("listInvoices", "owner"),
    ("cancelSubscription", "owner"),
];

const F14: &[TableLine<'_>] = &[
    ("listApiKeys", "owner member"),
    ("listAllApiKeys", "owner"),
    ("createApiKey", "owner member"),
    ("useApiKey", "owner member"),
    ("rotateApiKey", "owner member"),
    ("setApiKeyLimits", "owner"),
    ("revokeApiKey", "owner member"),
    ("deleteApiKey", "owner member"),
];

fn assert_holds_in_flat_owners(lines: &[TableLine<'_>]) {
    let written = written(lines);
    let mut decided = decided("flat-owners", |_| true);
    decided.retain(|action, _| written.contains_key(action));
    assert_eq!(decided, written);
}

#[test]
fn f11_pages_are_for_owners() {
    assert_holds_in_flat_owners(F11);
}

#[test]
fn f11_what_is_no_product_is_closed_to_members() {
    let mut open = decided("flat-owners", |probe| !probe.info.is_product && probe.caller == "member");
    // Keys are of everybody: F14 below.
    open.retain(|action, roles| !roles.is_empty() && !action.contains("ApiKey"));
    assert!(open.keys().eq(["authorize", "getCredits", "listPermissions"]), "{open:?}");
}

#[test]
fn f13_money_is_for_owners() {
    assert_holds_in_flat_owners(F13);
}

#[test]
fn f14_keys_are_ones_own_or_for_owners() {
    assert_holds_in_flat_owners(F14);
}

#[test]
fn f11_f13_f14_are_all_there_is() {
    let mut all = of_the_product("flat-owners");
    all.append(&mut of_billing("flat-owners"));
    all.append(&mut decided("flat-owners", |probe| {
        probe.info.name.contains("ApiKey") && probe.info.name != "verifyApiKey"
    }));
    assert_eq!(all, written(&[F11, F13, F14].concat()));
}

#[test]
fn l9_each_rung_adds_to_the_one_below() {
    let table = [
        ("editFlows", "owner admin member"),
        ("viewAnalytics", "owner admin member"),
        ("manageChannels", "owner admin"),
        ("manageIntegrations", "owner admin"),
        ("manageEcommerce", "owner admin"),
        ("manageTemplates", "owner admin"),
        ("manageMiniApps", "owner admin"),
        ("manageSubscriptions", "owner"),
        ("managePayments", "owner"),
    ];
    assert_eq!(of_the_product("role-ladder"), written(&table));
    assert_eq!(of_billing("role-ladder"), billing("owner", "owner"));
}

#[test]
fn r1_billing_is_the_admins() {
    assert_eq!(of_billing("role-seats"), billing("admin", "admin"));
}

#[test]
fn s15_s16_owner_and_admin_see_billing_and_the_owner_manages_it() {
    assert_eq!(of_billing("purchased-seats"), billing("owner admin", "owner"));
}

#[test]
fn r1_ai_takes_a_role_and_a_live_seat() {
    for (seat, ai) in [("standard seat", "admin member"), ("lapsed standard seat", ""), ("no seat", "")] {
        let table = [
            ("viewContent", "admin member viewer"),
            ("useChat", ai),
            ("useAssistants", ai),
            ("useWorkflows", ai),
            ("useTranslations", ai),
            ("manageBilling", "admin"),
            ("manageCompliance", "admin"),
            ("manageIntegrations", "admin"),
        ];
        let decided = decided("role-seats", |probe| probe.info.is_product && probe.circumstances[1] == seat);
        assert_eq!(decided, written(&table), "{seat}");
    }
}
