//! What no request waits for: functions on the table's stream and on a schedule.

pub mod delete_workspaces;
pub mod deliver_mail;
pub mod sweep_outbox;
pub mod verify_domains;

use std::sync::Arc;
use std::time::Instant;

use seatwise_store::{Meter, Store};

pub use delete_workspaces::delete_workspaces;
pub use deliver_mail::deliver_mail;
pub use sweep_outbox::sweep_outbox;
pub use verify_domains::verify_domains;

use crate::service::Service;

/// One run of such a function.
pub struct Job<'a> {
    operation: &'static str,
    service: &'a Service,
    store: Store,
    meter: Arc<Meter>,
    begun: Instant,
}

impl<'a> Job<'a> {
    fn begin(operation: &'static str, service: &'a Service) -> Self {
        let (store, meter) = service.store.metered();
        Self { operation, service, store, meter, begun: Instant::now() }
    }

    /// One line a run, as with requests.
    fn end(self, what: &'static str, handled: usize, failures: usize) {
        tracing::info!(
            operation = self.operation,
            what,
            handled,
            failures,
            cold_start = self.service.is_first_request(),
            milliseconds = self.begun.elapsed().as_secs_f64() * 1e3,
            rounds = self.meter.rounds(),
            read_units = self.meter.read_units(),
            write_units = self.meter.write_units(),
            "job"
        );
    }
}
