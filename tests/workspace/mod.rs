//! Workspaces.

mod create_workspace;
mod delete_workspace;
mod get_workspace;
mod list_all_workspaces;
mod list_workspaces;
mod set_coordinator;
mod transfer_workspace;
mod update_settings;
mod update_workspace;
mod upload_logo;

use serde_json::Value;

use crate::support::app::App;
use crate::support::client::Client as _;
use crate::support::person::Person;
use crate::support::reply::Reply;

async fn upload(app: &App, who: &Person, workspace: &str, kind: &str, picture: &[u8]) -> Reply {
    app.call_raw(who, "PUT", &format!("{workspace}/logo"), kind, picture).await
}

/// The answer that anybody gets who follows the address of a logo.
async fn picture(app: &App, url: &str) -> Reply {
    app.call(None, "GET", &url[url.find("/v1/").unwrap_or_default()..], Value::Null).await
}
