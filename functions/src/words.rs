//! The messages of serde in plain words, for a reader who knows JSON and not Rust.

/// The field that an error of serde at `path` is about. Nothing of the input is repeated beyond what serde
/// quotes of it: a type, or the name of a field.
pub(crate) fn field_of(path: &str, message: &str) -> String {
    let quoted = message.split('`').nth(1);
    let is_root = path.is_empty() || path == "." || path == "?";
    match quoted {
        Some(name) if message.starts_with("missing field") && is_root => name.to_owned(),
        Some(name) if message.starts_with("missing field") => format!("{path}.{name}"),
        Some(name) if message.starts_with("unknown field") || message.starts_with("duplicate field") => {
            if is_root || path == name {
                name.to_owned()
            } else {
                path.to_owned()
            }
        }
        _ if is_root => "body".to_owned(),
        _ => path.to_owned(),
    }
}

/// The advice, for a reader who knows JSON and not Rust. Serde's own messages name types of this program
/// and repeat the input; the messages of our types already say what to do.
pub(crate) fn in_plain_words(kind: &str, message: &str) -> String {
    // Only the last one is serde's: the text before it may come from the client.
    let expected = message.rsplit_once(", expected ").map_or("", |(_, expected)| expected);
    let words = match () {
        () if message.starts_with("missing field") => "is required",
        () if message.starts_with("unknown field") => return format!("is not a {kind} of this request"),
        () if message.starts_with("duplicate field") => "must be given once",
        () if message.starts_with("unknown variant") => return format!("must be {}", alternatives(expected)),
        () if message.starts_with("invalid value: integer `-") => "must not be negative",
        () if message.starts_with("invalid value: integer") => "is too large",
        () if message.starts_with("invalid ") && !expected.is_empty() => match expected {
            "a string" => "must be a string",
            "a boolean" => "must be true or false",
            "a sequence" => "must be a list",
            "u8" | "u16" | "u32" | "u64" | "usize" => "must be a whole number",
            _ => "has a value of the wrong kind",
        },
        // A message of the parser of UUIDs.
        () if message.starts_with("UUID parsing failed") => "is not a valid id",
        // Messages of the standard library, which reads the numbers in a query string.
        () if message.starts_with("number too large") => "is too large",
        () if message.starts_with("invalid digit") || message.starts_with("cannot parse integer") => {
            "must be a whole number, 0 or more"
        }
        () => message,
    };
    words.to_owned()
}

/// ``one of `a`, `b` `` → `one of: a, b`.
fn alternatives(expected: &str) -> String {
    let names: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    match names.as_slice() {
        [only] => (*only).to_owned(),
        names => format!("one of: {}", names.join(", ")),
    }
}

/// The text, cut so that an answer does not grow with the input that it complains about.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}
