//! A person's account, as clients see it.

use seatwise_domain::User;
use serde::Serialize;
use utoipa::ToSchema;

use crate::output;
use crate::people::typed;

/// The account of a user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub struct UserView {
    /// The id of the user.
    #[schema(format = Uuid)]
    pub id: String,
    /// The email address of the last sign-in. An unverified address never replaces a verified one.
    #[schema(required)]
    pub email: Option<String>,
    /// Whether the address is verified.
    pub email_verified: bool,
    /// First name.
    #[schema(required)]
    pub first_name: Option<String>,
    /// Last name.
    #[schema(required)]
    pub last_name: Option<String>,
    /// IANA time zone.
    #[schema(required, example = "Europe/Berlin")]
    pub timezone: Option<String>,
    /// The user's current workspace.
    #[schema(required, format = Uuid)]
    pub current_workspace_id: Option<String>,
}
output!(UserView);

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email.as_ref().map(typed),
            email_verified: user.verified_email().is_some(),
            first_name: user.first_name.as_ref().map(ToString::to_string),
            last_name: user.last_name.as_ref().map(ToString::to_string),
            timezone: user.timezone.clone().map(String::from),
            current_workspace_id: user.current_workspace.map(|id| id.to_string()),
        }
    }
}
