//! What no request waits for: functions on the table's stream and on a schedule.

pub mod deliver_mail;
pub mod sweep_outbox;

pub use deliver_mail::deliver_mail;
pub use sweep_outbox::sweep_outbox;
