//! The services of a product: the backends of the host that call the API.

use serde::Deserialize;

use super::ids::ServiceId;

/// A service that policies can name. The stack says which access tokens are this service's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeclaredService {
    /// The name in policies, tokens and logs.
    pub id: ServiceId,
    /// The name that people read.
    pub label: String,
}
