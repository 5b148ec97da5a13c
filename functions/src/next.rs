//! Where a client goes on after a person has signed in or joined.

use crate::named;
use crate::wire::schema::one_of;

named! {
    /// The page that a client shows next.
    NextName = "Next": one_of(["dashboard", "invitations", "onboarding"]);
}
