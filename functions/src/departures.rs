//! The departures that count for a caller: their own, and those of the persons that their sign-in has stood for
//! (K44).

use seatwise_domain::rules::join::PersonDeparture;
use seatwise_domain::rules::sign_in;
use seatwise_domain::{Change, Departure, Identity, PastPersons, UserId, WorkspaceId};
use seatwise_store::{Loaded, One, Reads};

/// The persons that the caller's sign-in has stood for.
#[derive(Clone, Copy)]
pub struct PastPersonsRead(One<PastPersons>);

impl PastPersonsRead {
    /// Reads them.
    pub fn plan(caller: &Identity, reads: &mut Reads) -> Self {
        Self(reads.one(PastPersons::key(caller.sign_in)))
    }

    /// The caller, and the others.
    pub fn persons(self, caller: &Identity, loaded: &Loaded) -> Vec<UserId> {
        sign_in::persons(caller, loaded.one(self.0).map(|past| past.value).as_ref())
    }

    /// The change that remembers the person for whom the caller's sign-in stands.
    pub fn remember(self, caller: &Identity, loaded: &Loaded) -> Option<Change> {
        sign_in::remember(caller, loaded.one(self.0).as_ref())
    }
}

/// The departures of these persons from one workspace.
#[derive(Clone)]
pub struct DepartureReads(Vec<(UserId, One<Departure>)>);

impl DepartureReads {
    /// Reads them.
    pub fn plan(workspace: WorkspaceId, persons: &[UserId], reads: &mut Reads) -> Self {
        let read = |person: &UserId| (*person, reads.one(Departure::key(workspace, *person)));
        Self(persons.iter().map(read).collect())
    }

    /// The departures, and who has not left.
    pub fn load(&self, loaded: &Loaded) -> Vec<PersonDeparture> {
        let departure = |(user, handle): &(UserId, One<Departure>)| PersonDeparture {
            user: *user,
            stored: loaded.one(*handle),
        };
        self.0.iter().map(departure).collect()
    }
}
