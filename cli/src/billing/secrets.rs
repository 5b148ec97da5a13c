//! `seatwise billing set-key` and `add-webhook-secret`: the secrets of Stripe that the functions of a stack read. Each
//! is a JSON list of texts, newest first. The text before the newest stays in use, because functions read the list
//! anew only after some minutes, and Stripe keeps an earlier key or secret valid as long as its operator says.

use std::io::{self, Read as _};
use std::process::ExitCode;

use aws_sdk_secretsmanager::Client;
use clap::Args;
use seatwise_store::CallFailure;
use seatwise_stripe::SecretKey;

use super::account::is_key;
use crate::infra::aws;
use crate::{say, work};

/// The number of texts that a secret keeps.
const KEPT: usize = 2;

const AFTER_HELP: &str = "\
Standard input has the text, and nothing else, so that no list of processes and no history of a shell shows it:
  seatwise billing set-key --secret NAME < FILE

Functions use the new text within five minutes. Revoke the earlier one at Stripe after that. A test key makes
room for a live one, and the reverse: they do not stay together.";

/// The arguments of `billing set-key` and `billing add-webhook-secret`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct SecretArgs {
    /// The secret: output `StripeKeys` or `StripeWebhookSecrets` of the stack (`infra/rotate` finds it)
    #[arg(long, value_name = "SECRET")]
    secret: String,
}

/// The kind of text.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A key of Stripe's API.
    Key,
    /// A secret that signs webhooks.
    Webhook,
}

/// Puts the text of standard input into the secret.
pub(super) fn run(args: &SecretArgs, kind: Kind) -> ExitCode {
    work(async {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text).map_err(|error| format!("standard input: {error}"))?;
        let text = kind.checked(&text)?;
        let secrets = Client::new(&aws::config().await?);
        say(&(add(&secrets, &args.secret, kind, text).await? + "\n"));
        Ok::<_, String>(ExitCode::SUCCESS)
    })
}

impl Kind {
    /// The text without the white space around it. A refusal does not quote it.
    fn checked(self, text: &str) -> Result<&str, &'static str> {
        let text = text.trim();
        let is_one_word = text.chars().all(|c| c.is_ascii_graphic());
        match self {
            Self::Key if is_one_word && is_key(text) => Ok(text),
            Self::Webhook if is_one_word && text.starts_with("whsec_") => Ok(text),
            Self::Key => Err("standard input has no secret or restricted key of Stripe (sk_… or rk_…)"),
            Self::Webhook => Err("standard input has no secret of a webhook endpoint (whsec_…)"),
        }
    }

    /// The list with this text at its head.
    fn with(self, earlier: &[String], text: &str) -> Vec<String> {
        let is_live = |text: &str| SecretKey::new(text).is_live();
        let stays = |other: &&String| match self {
            // A client of Stripe with keys of both kinds would mix real money and tests.
            Self::Key => *other != text && is_live(other) == is_live(text),
            Self::Webhook => *other != text,
        };
        let earlier = earlier.iter().filter(stays).take(KEPT - 1).cloned();
        std::iter::once(text.to_owned()).chain(earlier).collect()
    }
}

async fn add(secrets: &Client, secret: &str, kind: Kind, text: &str) -> Result<String, String> {
    let told = |failure: CallFailure| format!("{secret}: {failure}");
    let read = secrets.get_secret_value().secret_id(secret).send().await;
    let read = read.map_err(|error| told(CallFailure::of("GetSecretValue", &error)))?;
    let earlier: Vec<String> = serde_json::from_str(read.secret_string().unwrap_or_default())
        .map_err(|_| format!("{secret} holds no JSON list of texts; a list without any is []"))?;
    if earlier.first().is_some_and(|newest| newest == text) {
        return Ok(format!("{secret} has this text already: nothing to do"));
    }
    let texts = serde_json::json!(kind.with(&earlier, text)).to_string();
    let put = secrets.put_secret_value().secret_id(secret).secret_string(texts).send().await;
    put.map_err(|error| told(CallFailure::of("PutSecretValue", &error)))?;
    Ok(format!("{secret} has the new text; functions use it within five minutes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(kind: Kind, earlier: &[&str], text: &str) -> Vec<String> {
        let earlier: Vec<String> = earlier.iter().map(ToString::to_string).collect();
        kind.with(&earlier, text)
    }

    #[test]
    fn the_newest_is_first_and_one_earlier_stays() {
        assert_eq!(with(Kind::Key, &[], "rk_test_1"), ["rk_test_1"]);
        assert_eq!(with(Kind::Key, &["rk_test_2", "rk_test_1"], "rk_test_3"), ["rk_test_3", "rk_test_2"]);
        assert_eq!(with(Kind::Webhook, &["whsec_2", "whsec_1"], "whsec_1"), ["whsec_1", "whsec_2"]);
    }

    #[test]
    fn live_and_test_keys_do_not_stay_together() {
        assert_eq!(with(Kind::Key, &["rk_test_2", "rk_test_1"], "rk_live_1"), ["rk_live_1"]);
        assert_eq!(with(Kind::Key, &["sk_live_1"], "rk_live_2"), ["rk_live_2", "sk_live_1"]);
    }

    #[test]
    fn a_text_of_another_kind_is_refused_and_not_quoted() {
        assert_eq!(Kind::Key.checked(" rk_live_1\n"), Ok("rk_live_1"));
        assert_eq!(Kind::Webhook.checked("whsec_1\n"), Ok("whsec_1"));
        for (kind, bad) in [
            (Kind::Key, "whsec_1"),
            (Kind::Key, "pk_live_1"),
            (Kind::Key, "rk_live_1\nrk_live_2"),
            (Kind::Webhook, "rk_live_1"),
            (Kind::Webhook, ""),
        ] {
            assert!(kind.checked(bad).is_err_and(|error| bad.is_empty() || !error.contains(bad)), "{bad}");
        }
    }
}
