//! What clients see of a person's account.

use seatwise_domain::User;
use serde::Serialize;
use utoipa::ToSchema;

use crate::output;
use crate::people::typed;

/// A person's account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub struct UserView {
    /// The person's id.
    #[schema(format = Uuid)]
    pub id: String,
    /// As the last sign-in said.
    #[schema(required)]
    pub email: Option<String>,
    /// First name.
    #[schema(required)]
    pub first_name: Option<String>,
    /// Last name.
    #[schema(required)]
    pub last_name: Option<String>,
    /// IANA time zone.
    #[schema(required, example = "Europe/Berlin")]
    pub timezone: Option<String>,
    /// Where the person works now.
    #[schema(required, format = Uuid)]
    pub current_workspace_id: Option<String>,
}
output!(UserView);

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email.as_ref().map(typed),
            first_name: user.first_name.as_ref().map(ToString::to_string),
            last_name: user.last_name.as_ref().map(ToString::to_string),
            timezone: user.timezone.clone().map(String::from),
            current_workspace_id: user.current_workspace.map(|id| id.to_string()),
        }
    }
}
