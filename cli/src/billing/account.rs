//! The Stripe account that the environment names.

use seatwise_stripe::{Client, ClientConfig, SecretKey};

const KEY: &str = "STRIPE_SECRET_KEY";
const BASE: &str = "STRIPE_API_BASE";

/// A client of the account. The key is never an argument: other users of the machine can read those.
pub(super) fn client() -> Result<Client, String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let key = variable(KEY);
    let key = key.ok_or_else(|| format!("put a key of the Stripe account into the variable {KEY}"))?;
    connect(&key, variable(BASE))
}

fn connect(key: &str, base: Option<String>) -> Result<Client, String> {
    let key = key.trim();
    if !is_key(key) {
        return Err(format!("{KEY} holds no secret or restricted key of Stripe (sk_… or rk_…)"));
    }
    let mut config = ClientConfig::new(vec![SecretKey::new(key)]);
    config.base_url = base.unwrap_or(config.base_url);
    Client::new(config).map_err(|error| format!("{error} ({KEY}, {BASE})"))
}

/// Whether the text has the form of a secret or restricted key; a publishable key can do nothing here.
pub(super) fn is_key(text: &str) -> bool {
    ["sk_test_", "sk_live_", "rk_test_", "rk_live_"].iter().any(|kind| text.starts_with(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_decides_whose_money_moves() {
        let is_live = |key: &str| connect(key, Some("http://127.0.0.1:9".to_owned())).map(|it| it.is_live());
        assert_eq!(is_live("rk_test_1\n"), Ok(false));
        assert_eq!(is_live("sk_live_1"), Ok(true));
        for bad in ["pk_live_1", "whsec_1", "1"] {
            assert!(is_live(bad).is_err_and(|error| !error.contains(bad)), "{bad}");
        }
    }

    #[test]
    fn a_key_goes_to_stripe_or_stays_on_this_machine() {
        let error = connect("sk_test_1", Some("http://stripe.example".to_owned())).err().unwrap();
        assert!(error.contains("https") && !error.contains("sk_test"), "{error}");
    }
}
