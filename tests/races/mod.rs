//! Two or more requests at once. Each race is run twice: once with the order forced, so that one has read
//! and decided when another commits; and once for real, with fifty requests over two processes on one
//! table. `SEATWISE_RACE_ROUNDS` sets how often the latter is repeated (2; the long run has 200).

mod account;
mod billing;
mod hold_up;
mod invitations;
mod mails;
mod members;
mod seats;
mod services;
mod sign_ins;
mod standing;
mod ways_back;
mod ways_in;

use seatwise_domain::{Invitation, InvitationId, UserId};
use serde_json::Value;

use crate::support::client::id_of;
use crate::support::deployment::Deployment;
use crate::support::packs;
use crate::support::reply::text;
use crate::support::table::Dump;

/// Lets admins sit nowhere, so that a change of role takes a seat or gives one back.
const SEATLESS_ADMIN: (&str, &str) = ("badge = \"violet\"\nseat = \"required\"", "badge = \"violet\"");

fn invitation_of<'a>(dump: &'a Dump, invitation: &Value) -> &'a Invitation {
    let id: InvitationId = text(&invitation["id"]).parse().expect("an id");
    &dump.invitations[&id]
}

fn is_member(dump: &Dump, workspace: &str, user: UserId) -> bool {
    dump.member(id_of(workspace), user).is_some()
}

async fn seatless_admins() -> Deployment {
    Deployment::under(packs::DEFAULT, &[SEATLESS_ADMIN]).await
}
