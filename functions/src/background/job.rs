//! One run of a background function: its store, what the run costs, and its line in the log.

use std::sync::Arc;
use std::time::Instant;

use seatwise_store::{Meter, Store};

use crate::service::Service;

/// One run of a background function.
pub struct Job<'a> {
    name: &'static str,
    pub(crate) service: &'a Service,
    /// The service's store; the job's meter counts its calls.
    pub(crate) store: Store,
    meter: Arc<Meter>,
    begun: Instant,
}

impl<'a> Job<'a> {
    pub(super) fn begin(name: &'static str, service: &'a Service) -> Self {
        let (store, meter) = service.store.metered();
        Self { name, service, store, meter, begun: Instant::now() }
    }

    /// Writes the run's line to the log.
    pub(super) fn end(self, what: &'static str, handled: usize, failures: usize) {
        tracing::info!(
            operation = self.name,
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
