//! Tokens, accounts, logs and lists give nothing away.

mod accounts;
mod lists;
mod logs;
mod tokens;

use serde_json::Value;

/// The secret part of a token: all of its characters that the MAC alone decides. The rest names
/// the invitation, and is no secret.
fn secret_of(token: &str) -> &str {
    // 38 bytes are signed: 50 characters and two thirds.
    &token[51..]
}

/// Fails the test if so much of a token's secret is in the text that one could think of the rest.
#[track_caller]
fn holds_no_token(what: &str, haystack: &str, tokens: &[String]) {
    for token in tokens {
        let secret: Vec<char> = secret_of(token).chars().collect();
        assert_eq!(secret.len(), 43);
        for part in secret.windows(12) {
            let part: String = part.iter().collect();
            assert!(!haystack.contains(&part), "{what} holds {part} of a token: {haystack}");
        }
    }
}

/// The tokens of the links in an answer.
fn tokens_in(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => {
            text.split_once("#token=").map(|(_, token)| token.to_owned()).into_iter().collect()
        }
        Value::Array(items) => items.iter().flat_map(tokens_in).collect(),
        Value::Object(fields) => fields.values().flat_map(tokens_in).collect(),
        _ => Vec::new(),
    }
}
