//! The reasons why an account does not get what a pack needs, in words for its operator.

use seatwise_stripe::StripeError;

use super::plan::PlanError;

/// A reason why a Stripe account does not have what a pack needs.
#[derive(Debug, thiserror::Error)]
pub enum PricesError {
    /// The pack asks for something that Stripe does not have.
    #[error("{0}")]
    Pack(String),
    /// The account cannot be read.
    #[error("the Stripe account cannot be read: {}", in_words(.0))]
    Unread(StripeError),
    /// A step failed; those before it are done.
    #[error("stopped at “{step}”: {}; {after}", in_words(.error))]
    Stopped {
        /// The step.
        step: String,
        /// What Stripe answered.
        error: StripeError,
        /// The next step for the operator.
        after: &'static str,
    },
}

impl From<PlanError> for PricesError {
    fn from(error: PlanError) -> Self {
        Self::Pack(error.to_string())
    }
}

/// Stripe's own words may be shown here: the requests have no person in them, and an answer about a key is
/// [`StripeError::Authentication`], which has no words of Stripe.
fn in_words(error: &StripeError) -> String {
    match error {
        StripeError::Invalid { message, .. } if !message.as_str().is_empty() => {
            format!("Stripe says: {}", message.as_str().trim_end_matches('.'))
        }
        StripeError::Authentication => "Stripe does not know the key in STRIPE_SECRET_KEY".to_owned(),
        StripeError::Permission => {
            "the key has no permission for this; it must be allowed to write products, prices and the customer \
             portal"
                .to_owned()
        }
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_learns_what_to_do() {
        for (error, hint) in [
            (StripeError::Authentication, "STRIPE_SECRET_KEY"),
            (StripeError::Permission, "customer portal"),
            (StripeError::RateLimited, "rate"),
            (
                StripeError::Invalid {
                    param: None,
                    code: None,
                    message: "Invalid currency: eux.".to_owned().into(),
                },
                "Stripe says: Invalid currency: eux",
            ),
        ] {
            let shown = PricesError::Unread(error).to_string();
            assert!(shown.contains(hint) && !shown.ends_with('.'), "{shown}");
        }
    }
}
