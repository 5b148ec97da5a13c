//! The owners of a person's addresses, which become free when the person has another address or is gone.

use std::collections::BTreeSet;

use seatwise_domain::{AddressOwner, EmailKey, Stored};
use seatwise_store::{Loaded, One, Reads};

/// The most addresses of one person that are freed at once. A person has more only if they have joined workspaces
/// with many addresses and never entered.
const FREED_AT_ONCE: usize = 4;

/// The owners of some addresses.
#[derive(Default)]
pub struct OwnerReads(Vec<One<AddressOwner>>);

impl OwnerReads {
    /// Reads the owners of these addresses.
    pub fn plan(addresses: impl IntoIterator<Item = EmailKey>, reads: &mut Reads) -> Self {
        let addresses: BTreeSet<EmailKey> = addresses.into_iter().collect();
        let addresses = addresses.into_iter().take(FREED_AT_ONCE);
        Self(addresses.map(|address| reads.one(AddressOwner::key(address))).collect())
    }

    /// The owners.
    pub fn load(&self, loaded: &Loaded) -> Vec<Stored<AddressOwner>> {
        self.0.iter().filter_map(|handle| loaded.one(*handle)).collect()
    }
}
