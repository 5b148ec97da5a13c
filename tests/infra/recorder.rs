//! Records the calls of functions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use seatwise_cli::infra::access::{Access, accesses};

/// The recorded actions of each function, and the keys of each action.
pub type Seen = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// Records the calls of the running function. One process runs all functions one after the other, and reads the
/// policies once.
#[derive(Clone, Debug, Default)]
pub struct Recorder(pub Arc<Mutex<Recording>>);

#[derive(Debug, Default)]
pub struct Recording {
    pub function: String,
    pub seen: Seen,
}

impl Intercept for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let accesses = accesses(context).unwrap_or_else(|| panic!("an unknown call: {:?}", context.input()));
        for access in accesses {
            self.note(access);
        }
        Ok(())
    }
}

impl Recorder {
    /// Attributes the following calls to this function.
    pub fn runs(&self, function: &str) {
        function.clone_into(&mut self.0.lock().expect("the recording").function);
    }

    fn note(&self, Access { action, key }: Access) {
        let Recording { function, seen } = &mut *self.0.lock().expect("the recording");
        let actions = seen.entry(function.clone()).or_default();
        actions.entry(action).or_default().extend(key);
    }
}
