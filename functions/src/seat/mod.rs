//! Seats of a workspace.

pub mod assign_seat;
pub mod assign_seats;
pub mod buy_seats;
pub mod cancel_seat;
pub mod change_seat_tier;
pub mod list_seats;
pub mod reactivate_seat;
pub mod release_seat;
pub mod set_add_on;

pub mod counts;
pub mod facts;
pub mod reads;
mod target;
pub mod view;
