//! Seats.

mod assign_seat;
mod assign_seats;
mod cancel_seat;
mod change_seat_tier;
mod list_seats;
mod plan_seats;
