//! placeholder
use seatwise_policy::Files;
pub(super) async fn between(_before: Option<&Files>, _after: &Files) -> String {
    String::new()
}
