//! Background functions: they run on the table's stream and on schedules, and no request waits for
//! them.

mod delete_workspaces;
mod function;
mod job;
mod note_events;
mod reconcile_billing;
mod run_tasks;
mod seal_logs;
mod sweep_tasks;
mod table;
mod tasks;
pub mod verify_domains;

pub use delete_workspaces::delete_workspaces;
pub use function::{BackgroundFunction, StreamKeys, Trigger};
pub use note_events::note_events;
pub use reconcile_billing::{EVENT_TYPES, reconcile_billing};
pub use run_tasks::run_tasks;
pub use seal_logs::seal_logs;
pub use sweep_tasks::sweep_tasks;
pub use table::{all, find, names};
pub use tasks::MOST_AT_ONCE;
pub use verify_domains::verify_domains;
