//! Rules for mails, and for the number of workspaces that a person creates (K49).

use serde::Deserialize;

use super::duration::Lifetime;

/// The largest limit of mails a day that a pack may set. The counts of one day are one item, which holds
/// 400 KB (AWS limit), at up to 30 bytes an address.
pub const MAILS_MAX: u32 = 10_000;

/// The most invitation mails in one day (UTC), and the rest after a declined invitation.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct MailRules {
    /// From one workspace to one address.
    pub workspace_to_address: u32,
    /// From one sender to one address, in all workspaces together.
    pub sender_to_address: u32,
    /// From one workspace to anybody.
    pub workspace: u32,
    /// From one sender to anybody, in all workspaces together.
    pub sender: u32,
    /// From the sender of a new account to anybody, in all workspaces together.
    pub new_account: u32,
    /// The time in which an account counts as new.
    pub new_account_age: Lifetime,
    /// The time in which a workspace sends no mail to a person who declined its invitation.
    pub after_decline: Lifetime,
}

impl Default for MailRules {
    fn default() -> Self {
        Self {
            workspace_to_address: 10,
            sender_to_address: 10,
            workspace: 1_000,
            sender: 500,
            new_account: 100,
            new_account_age: Lifetime::of_days(7),
            after_decline: Lifetime::of_days(30),
        }
    }
}

impl MailRules {
    /// The limits of mails a day, by the names of their settings.
    pub fn limits(&self) -> [(&'static str, u32); 5] {
        [
            ("workspace-to-address", self.workspace_to_address),
            ("sender-to-address", self.sender_to_address),
            ("workspace", self.workspace),
            ("sender", self.sender),
            ("new-account", self.new_account),
        ]
    }
}

/// The rules for creating workspaces.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct WorkspaceRules {
    /// The most existing workspaces that one person has created.
    pub created_per_person: u32,
}

impl Default for WorkspaceRules {
    fn default() -> Self {
        Self { created_per_person: 20 }
    }
}
