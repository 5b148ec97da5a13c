//! What no request waits for: functions on the table's stream and on a schedule.

pub mod deliver_mail;
pub mod sweep_outbox;

use std::sync::Arc;
use std::time::Instant;

use seatwise_store::{Meter, Store};

pub use deliver_mail::deliver_mail;
pub use sweep_outbox::sweep_outbox;

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
    fn end(self, mails: usize, failures: usize) {
        tracing::info!(
            operation = self.operation,
            mails,
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
