//! Contradictions in a pack.

mod joining;
mod names;
mod plans;
mod prices;
mod resources;
mod roles;
mod seats;

use super::ids::{BadIdentifier, is_identifier};
use super::mail::MAILS_MAX;
use super::product::Pack;

/// The most seats that a pack may allow a workspace. One query reads all seats of a workspace, and its page
/// holds 1 MB (AWS limit), at up to 416 bytes a seat.
pub const SEATS_MAX: u32 = 2_400;

/// One contradiction, with a message that tells the pack's author how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackFault {
    /// The key at fault in `product.toml`; a number is the place in a list: `["role", "1", "seat"]`.
    pub key: Vec<String>,
    /// The fault and its remedy, in words.
    pub message: String,
    /// Whether the value is wrong by itself, whatever the other values are.
    pub is_of_value: bool,
}

struct FaultList(Vec<PackFault>);

impl FaultList {
    fn add(&mut self, is: bool, key: &[&str], message: impl FnOnce() -> String) {
        if is {
            let key = key.iter().map(ToString::to_string).collect();
            self.0.push(PackFault { key, message: message(), is_of_value: false });
        }
    }

    /// Adds a fault of a value that is wrong by itself.
    fn add_of_value(&mut self, is: bool, key: &[&str], message: impl FnOnce() -> String) {
        let before = self.0.len();
        self.add(is, key, message);
        for fault in &mut self.0[before..] {
            fault.is_of_value = true;
        }
    }
}

impl Pack {
    /// The contradictions; empty if the pack is sound.
    pub fn faults(&self) -> Vec<PackFault> {
        let mut faults = FaultList(Vec::new());
        faults.add_of_value(self.name.is_empty(), &["name"], || "`name` must not be empty".into());
        faults.add_of_value(self.product.is_empty(), &["product"], || "`product` must not be empty".into());
        self.faults_of_roles(&mut faults);
        self.faults_of_seats(&mut faults);
        self.faults_of_joining(&mut faults);
        self.faults_of_plans(&mut faults);
        self.faults_of_prices(&mut faults);
        self.faults_of_mail(&mut faults);
        self.faults_of_services(&mut faults);
        self.faults_of_resources(&mut faults);
        self.faults_of_api_keys(&mut faults);
        faults.0
    }

    fn faults_of_services(&self, faults: &mut FaultList) {
        for (index, service) in self.services.iter().enumerate() {
            let (key, id) = (index.to_string(), &service.id);
            faults.add_of_value(!is_identifier(id.as_str()), &["service", &key, "id"], || {
                format!("service `{id}`: {BadIdentifier}")
            });
            faults.add(
                self.services[..index].iter().any(|other| other.id == *id),
                &["service", &key, "id"],
                || format!("there are two services `{id}`: remove one"),
            );
        }
    }

    fn faults_of_api_keys(&self, faults: &mut FaultList) {
        let Some(rules) = &self.api_keys else { return };
        let is_word =
            (1..=16).contains(&rules.prefix.len()) && rules.prefix.bytes().all(|c| c.is_ascii_alphanumeric());
        faults.add_of_value(!is_word, &["api-keys", "prefix"], || {
            "`api-keys.prefix` must be 1 to 16 letters and digits".into()
        });
        faults.add_of_value(
            !(1..=1_000).contains(&rules.max_per_workspace),
            &["api-keys", "max-per-workspace"],
            || "`api-keys.max-per-workspace` must be 1 to 1000".into(),
        );
    }

    fn faults_of_mail(&self, faults: &mut FaultList) {
        for (name, limit) in self.mail.limits() {
            faults.add_of_value(!(1..=MAILS_MAX).contains(&limit), &["mail", name], || {
                format!("`mail.{name}` must be 1 to {MAILS_MAX}")
            });
        }
        faults.add_of_value(
            self.workspaces.created_per_person == 0,
            &["workspaces", "created-per-person"],
            || "`workspaces.created-per-person` must be at least 1, or there is no workspace".into(),
        );
    }
}
