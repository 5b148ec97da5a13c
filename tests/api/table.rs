//! The table of operations against what else lists them: the files, and the contract with clients.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use seatwise_functions::{background, operations};

/// The routes that clients build on, as the HTTP contract has them.
const CONTRACT: &[(&str, &str, &str)] = &[
    ("enter", "POST", "/v1/me"),
    ("get-me", "GET", "/v1/me"),
    ("update-me", "PATCH", "/v1/me"),
    ("delete-me", "DELETE", "/v1/me"),
    ("list-my-invitations", "GET", "/v1/me/invitations"),
    ("create-workspace", "POST", "/v1/workspaces"),
    ("list-workspaces", "GET", "/v1/workspaces"),
    ("get-workspace", "GET", "/v1/workspaces/{workspaceId}"),
    ("update-workspace", "PATCH", "/v1/workspaces/{workspaceId}"),
    ("update-settings", "PATCH", "/v1/workspaces/{workspaceId}/settings"),
    ("delete-workspace", "DELETE", "/v1/workspaces/{workspaceId}"),
    ("upload-logo", "PUT", "/v1/workspaces/{workspaceId}/logo"),
    ("get-logo", "GET", "/v1/workspaces/{workspaceId}/logo"),
    ("remove-logo", "DELETE", "/v1/workspaces/{workspaceId}/logo"),
    ("set-coordinator", "PUT", "/v1/workspaces/{workspaceId}/coordinator"),
    ("get-coordinator", "GET", "/v1/workspaces/{workspaceId}/coordinator"),
    ("transfer-workspace", "POST", "/v1/workspaces/{workspaceId}/transfer"),
    ("list-all-workspaces", "GET", "/v1/service/workspaces"),
    ("add-member", "POST", "/v1/workspaces/{workspaceId}/members"),
    ("list-members", "GET", "/v1/workspaces/{workspaceId}/members"),
    ("export-members", "GET", "/v1/workspaces/{workspaceId}/members/export"),
    ("change-role", "PUT", "/v1/workspaces/{workspaceId}/members/{userId}/role"),
    ("remove-member", "DELETE", "/v1/workspaces/{workspaceId}/members/{userId}"),
    ("leave-workspace", "POST", "/v1/workspaces/{workspaceId}/leave"),
    ("assign-seat", "PUT", "/v1/workspaces/{workspaceId}/members/{userId}/seat"),
    ("release-seat", "DELETE", "/v1/workspaces/{workspaceId}/members/{userId}/seat"),
    ("assign-seats", "POST", "/v1/workspaces/{workspaceId}/seats/assign"),
    ("invite", "POST", "/v1/workspaces/{workspaceId}/invitations"),
    ("list-invitations", "GET", "/v1/workspaces/{workspaceId}/invitations"),
    ("get-invitation-quota", "GET", "/v1/workspaces/{workspaceId}/invitations/quota"),
    ("change-invitation", "PATCH", "/v1/workspaces/{workspaceId}/invitations/{invitationId}"),
    ("resend-invitation", "POST", "/v1/workspaces/{workspaceId}/invitations/{invitationId}/resend"),
    ("revoke-invitation", "DELETE", "/v1/workspaces/{workspaceId}/invitations/{invitationId}"),
    ("create-link", "PUT", "/v1/workspaces/{workspaceId}/links/{role}"),
    ("list-links", "GET", "/v1/workspaces/{workspaceId}/links"),
    ("revoke-link", "DELETE", "/v1/workspaces/{workspaceId}/links/{role}"),
    ("link-domain", "PUT", "/v1/workspaces/{workspaceId}/domains/{domain}"),
    ("list-domains", "GET", "/v1/workspaces/{workspaceId}/domains"),
    ("unlink-domain", "DELETE", "/v1/workspaces/{workspaceId}/domains/{domain}"),
    ("preview-invitation", "POST", "/v1/invitations/preview"),
    ("join", "POST", "/v1/join"),
    ("decline-invitation", "POST", "/v1/invitations/{invitationId}/decline"),
    ("buy-seats", "POST", "/v1/workspaces/{workspaceId}/seats"),
    ("list-seats", "GET", "/v1/workspaces/{workspaceId}/seats"),
    ("cancel-seat", "POST", "/v1/workspaces/{workspaceId}/seats/{seatId}/cancel"),
    ("reactivate-seat", "POST", "/v1/workspaces/{workspaceId}/seats/{seatId}/reactivate"),
    ("change-seat-tier", "PUT", "/v1/workspaces/{workspaceId}/seats/{seatId}/tier"),
    ("set-add-on", "PUT", "/v1/workspaces/{workspaceId}/seats/{seatId}/add-ons/{addOn}"),
    ("set-add-on-everywhere", "PUT", "/v1/workspaces/{workspaceId}/add-ons/{addOn}"),
    ("preview-purchase", "POST", "/v1/workspaces/{workspaceId}/purchases/preview"),
    ("get-purchase", "GET", "/v1/workspaces/{workspaceId}/purchases/{purchaseId}"),
    ("discard-purchase", "DELETE", "/v1/workspaces/{workspaceId}/purchases/{purchaseId}"),
    ("get-billing", "GET", "/v1/workspaces/{workspaceId}/billing"),
    ("change-plan", "PUT", "/v1/workspaces/{workspaceId}/plan"),
    ("set-plan", "PUT", "/v1/service/workspaces/{workspaceId}/plan"),
    ("open-billing-portal", "POST", "/v1/workspaces/{workspaceId}/billing/portal"),
    ("list-invoices", "GET", "/v1/workspaces/{workspaceId}/billing/invoices"),
    ("cancel-subscription", "POST", "/v1/workspaces/{workspaceId}/billing/cancel"),
    ("get-credits", "GET", "/v1/workspaces/{workspaceId}/credits"),
    ("buy-credits", "POST", "/v1/workspaces/{workspaceId}/credits"),
    ("spend-credits", "POST", "/v1/workspaces/{workspaceId}/credits/spend"),
    ("stripe-webhook", "POST", "/v1/stripe/webhook"),
    ("request-leave", "POST", "/v1/workspaces/{workspaceId}/leave-requests"),
    ("list-leave-requests", "GET", "/v1/workspaces/{workspaceId}/leave-requests"),
    ("withdraw-leave", "DELETE", "/v1/workspaces/{workspaceId}/leave-requests/{requestId}"),
    ("approve-leave", "POST", "/v1/workspaces/{workspaceId}/leave-requests/{requestId}/approve"),
    ("deny-leave", "POST", "/v1/workspaces/{workspaceId}/leave-requests/{requestId}/deny"),
    ("get-product", "GET", "/v1/product"),
    ("create-api-key", "POST", "/v1/workspaces/{workspaceId}/api-keys"),
    ("list-api-keys", "GET", "/v1/workspaces/{workspaceId}/api-keys"),
    ("set-api-key-limits", "PATCH", "/v1/workspaces/{workspaceId}/api-keys/{keyId}"),
    ("revoke-api-key", "POST", "/v1/workspaces/{workspaceId}/api-keys/{keyId}/revoke"),
    ("rotate-api-key", "POST", "/v1/workspaces/{workspaceId}/api-keys/{keyId}/rotate"),
    ("delete-api-key", "DELETE", "/v1/workspaces/{workspaceId}/api-keys/{keyId}"),
    ("verify-api-key", "POST", "/v1/api-keys/verify"),
    ("add-resource", "POST", "/v1/workspaces/{workspaceId}/resources"),
    ("list-resources", "GET", "/v1/workspaces/{workspaceId}/resources"),
    ("remove-resource", "DELETE", "/v1/workspaces/{workspaceId}/resources/{resourceId}"),
    ("list-events", "GET", "/v1/workspaces/{workspaceId}/events"),
    ("export-events", "GET", "/v1/workspaces/{workspaceId}/events/export"),
    ("authorize", "POST", "/v1/workspaces/{workspaceId}/authorize"),
    ("list-permissions", "GET", "/v1/workspaces/{workspaceId}/permissions"),
];

/// A text that every file of an operation has, and no other file.
const OPERATION: &str = "impl Operation for ";

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions/src")
}

/// The Rust files of a folder that hold code, by their names in the table's spelling.
fn files_of(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| (path.file_stem().expect("a name").to_string_lossy().replace('_', "-"), path))
        .filter(|(name, _)| name != "mod")
        .collect();
    files.sort();
    files
}

/// Every file in a folder of operations.
fn operation_files(sources: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(sources).expect("a folder").map(|entry| entry.expect("an entry").path());
    let files = entries.filter(|path| path.is_dir()).flat_map(|folder| files_of(&folder));
    let is_operation = |path: &Path| std::fs::read_to_string(path).expect("a text").contains(OPERATION);
    let mut files: Vec<_> = files.filter(|(_, path)| is_operation(path)).collect();
    files.sort();
    files
}

/// The files without a row, and the rows without a file.
fn unmatched(files: &[(String, PathBuf)]) -> Vec<String> {
    let files: BTreeSet<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let rows: BTreeSet<&str> = operations::all().iter().map(|row| row.name).collect();
    files.symmetric_difference(&rows).map(ToString::to_string).collect()
}

#[test]
fn d1_every_operation_is_one_file_and_every_file_an_operation() {
    let files = operation_files(&sources());
    assert_eq!(unmatched(&files), [""; 0]);
    assert_eq!(files.len(), operations::all().len(), "two files have one name");
    for (name, path) in files {
        let text = std::fs::read_to_string(&path).expect("a text");
        assert!(text.starts_with(&format!("//! `{name}`: ")), "{} does not say what it is", path.display());
        assert_eq!(text.matches(OPERATION).count(), 1, "{}", path.display());
    }
}

#[test]
fn d1_a_file_that_is_no_row_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, path) in operation_files(&sources()) {
        let group = path.parent().and_then(Path::file_name).expect("a folder");
        std::fs::create_dir_all(folder.path().join(group)).expect("made");
        let copy = folder.path().join(group).join(format!("{}.rs", name.replace('-', "_")));
        std::fs::write(copy, OPERATION).expect("written");
    }
    assert_eq!(unmatched(&operation_files(folder.path())), [""; 0]);
    std::fs::write(folder.path().join("me/forget_me.rs"), OPERATION).expect("written");
    std::fs::remove_file(folder.path().join("me/get_me.rs")).expect("removed");
    assert_eq!(unmatched(&operation_files(folder.path())), ["forget-me", "get-me"]);
}

#[test]
fn d1_every_background_function_is_a_file() {
    let is_function = |path: &Path| {
        let text = std::fs::read_to_string(path).expect("a text");
        text.contains("const FUNCTION: BackgroundFunction")
    };
    let files = files_of(&sources().join("background")).into_iter().filter(|(_, path)| is_function(path));
    let files: Vec<String> = files.map(|(name, _)| name).collect();
    assert_eq!(files, background::names().collect::<Vec<_>>());
    assert!(background::names().all(|name| operations::find(name).is_none()));
}

#[test]
fn the_routes_are_those_of_the_contract() {
    let rows: Vec<_> =
        operations::all().iter().map(|row| (row.name, row.method.as_str(), row.path)).collect();
    assert_eq!(rows, CONTRACT);
}

#[test]
fn no_two_rows_are_alike() {
    let rows = operations::all();
    let names: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), rows.len(), "two have one name");
    // To a gateway, parameters of different names in one place are the same.
    let shape = |path: &str| {
        let part = |part: &str| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() };
        path.split('/').map(part).collect::<Vec<_>>().join("/")
    };
    let routes: BTreeSet<_> = rows.iter().map(|row| (row.method.as_str(), shape(row.path))).collect();
    assert_eq!(routes.len(), rows.len(), "two have one route");
    for row in rows {
        assert!(std::ptr::eq(operations::find(row.name).expect("by its name"), row));
        assert_eq!(row.route(), format!("{} {}", row.method, row.path));
    }
}

#[test]
fn only_what_an_invitation_page_shows_and_the_webhook_need_no_sign_in() {
    let public: Vec<&str> = operations::all().iter().filter(|row| row.public).map(|row| row.name).collect();
    assert_eq!(public, ["get-logo", "preview-invitation", "stripe-webhook", "get-product"]);
}

#[test]
fn k22_only_who_makes_or_checks_links_has_their_keys() {
    let linking: Vec<&str> = operations::all().iter().filter(|row| row.links).map(|row| row.name).collect();
    let expected = [
        "invite",
        "list-invitations",
        "change-invitation",
        "resend-invitation",
        "create-link",
        "list-links",
        "preview-invitation",
        "join",
    ];
    assert_eq!(linking, expected);
}

#[test]
fn k13_what_posts_a_change_takes_an_idempotency_key() {
    // These change nothing, or the same however often they are sent: who has left finds nothing to
    // leave (404). A webhook is harmless however often it comes. A verification says what is true now.
    let harmless = [
        "enter",
        "leave-workspace",
        "preview-invitation",
        "preview-purchase",
        "open-billing-portal",
        "authorize",
        "verify-api-key",
        "stripe-webhook",
    ];
    for row in operations::all() {
        let expected = row.method == http::Method::POST && !harmless.contains(&row.name);
        assert_eq!(row.idempotent, expected, "{}", row.name);
    }
}
