//! The functions that the stack deploys.

use seatwise_functions::background::{self, BackgroundFunction, StreamKeys};
use seatwise_functions::{Row, StripeUse, operations};

/// A Lambda function of the stack.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name: the Handler setting, and what follows the stack's name in the function's name.
    pub name: String,
    /// The event that starts it.
    pub trigger: FunctionTrigger,
    /// Its memory, with which CPU comes.
    pub memory_mib: u32,
    /// The longest that one run may take.
    pub timeout_seconds: u32,
    /// Whether it seals logs, and so reads the keys that sign digests.
    pub seals_logs: bool,
    /// What it has to do with Stripe.
    pub stripe: StripeUse,
    /// The reason for memory and timeout; empty if they are those of every operation.
    pub why: String,
}

/// The event that starts a function.
#[derive(Clone, Debug)]
pub enum FunctionTrigger {
    /// A request through the API.
    Route(Route),
    /// Items that are written to the table.
    Stream {
        /// The keys of these items.
        keys: StreamKeys,
        /// The most items of one run.
        batch: u32,
        /// The most seconds that items wait for others of the same run.
        window_seconds: u32,
    },
    /// The clock.
    Schedule {
        /// Minutes from one run to the next.
        rate_minutes: u32,
        /// The work of one run.
        description: &'static str,
    },
}

/// A route of the API.
#[derive(Clone, Debug)]
pub struct Route {
    /// HTTP method.
    pub method: String,
    /// Path, as API Gateway writes it.
    pub path: String,
    /// Its rate limit.
    pub rate: Rate,
}

/// The rate limit of a route. It bounds the runs that clients can start: no function has reserved
/// concurrency, because a reservation is taken from all other functions, and a new account has ten
/// executions in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Most routes.
    Usual,
    /// Routes that the product asks on every request of its own.
    Check,
    /// Routes that are open without a token.
    Public,
}

impl Rate {
    fn of(operation: &Row) -> Self {
        match operation.name {
            _ if operation.public => Self::Public,
            "authorize" | "list-permissions" => Self::Check,
            _ => Self::Usual,
        }
    }

    /// The parameter with the requests a second.
    pub(super) fn parameter(self) -> &'static str {
        match self {
            Self::Usual => "RouteRate",
            Self::Check => "CheckRate",
            Self::Public => "PublicRate",
        }
    }

    /// The most requests at one moment: twice the default of the parameter.
    pub(super) fn burst(self) -> u32 {
        match self {
            Self::Usual => 200,
            Self::Check => 1000,
            Self::Public => 40,
        }
    }
}

impl Route {
    /// Its route key in API Gateway.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

impl Function {
    /// An operation.
    fn of(operation: &Row) -> Self {
        Self {
            name: operation.name.to_owned(),
            trigger: FunctionTrigger::Route(Route {
                method: operation.method.to_string(),
                path: operation.path.to_owned(),
                rate: Rate::of(operation),
            }),
            // A start (TLS, reading policies) needs CPU; the function itself needs about 30 MB.
            memory_mib: 512,
            // Two calls to DynamoDB of at most 8 s each, one to Secrets Manager of at most 2 s, and the waits
            // between attempts; and 8 s for Stripe. API Gateway gives up after 30 s.
            timeout_seconds: if operation.stripe.calls_api() { 29 } else { 20 },
            seals_logs: false,
            stripe: operation.stripe,
            why: if operation.stripe.calls_api() { "waits for Stripe".to_owned() } else { String::new() },
        }
    }

    fn in_background(function: &BackgroundFunction) -> Self {
        let trigger = match function.trigger {
            background::Trigger::Stream { keys, batch, window_seconds } => {
                FunctionTrigger::Stream { keys, batch, window_seconds }
            }
            background::Trigger::Schedule { rate_minutes } => {
                FunctionTrigger::Schedule { rate_minutes, description: function.description }
            }
        };
        Self {
            name: function.name.to_owned(),
            trigger,
            memory_mib: function.memory_mib,
            timeout_seconds: function.timeout_seconds,
            seals_logs: function.seals_logs,
            stripe: function.stripe(),
            why: function.why.to_owned(),
        }
    }

    /// Its route, if it is an operation.
    #[must_use]
    pub fn route(&self) -> Option<&Route> {
        match &self.trigger {
            FunctionTrigger::Route(route) => Some(route),
            FunctionTrigger::Stream { .. } | FunctionTrigger::Schedule { .. } => None,
        }
    }
}

/// All functions: operations, then background functions.
#[must_use]
pub fn functions() -> Vec<Function> {
    let background = background::all().iter().map(Function::in_background);
    operations::all().iter().map(Function::of).chain(background).collect()
}
