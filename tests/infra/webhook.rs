//! What infra/README.md says about the webhook.

use seatwise_functions::background::EVENT_TYPES;
use seatwise_stripe::API_VERSION;

use super::read;

#[test]
fn k60_the_operator_registers_the_events_that_functions_know() {
    let readme = read("README.md");
    let (_, list) = readme.split_once("```events\n").expect("a list of events");
    let (list, _) = list.split_once("```").expect("the end of the list");
    assert_eq!(list.lines().collect::<Vec<_>>(), EVENT_TYPES);
    assert!(readme.contains(&format!("API version: `{API_VERSION}`")), "another version than {API_VERSION}");
}
