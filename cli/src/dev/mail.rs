//! Mails as the SESv2 endpoint takes them, and as the mailbox shows them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use seatwise_domain::EmailAddress;
use serde::{Deserialize, Serialize};

/// A mail that went out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SentMail {
    /// As SES numbers it.
    pub id: String,
    /// To whom; several are separated by commas.
    pub to: String,
    /// From whom.
    pub from: String,
    /// Subject.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// Where the links of the HTML part lead, in their order.
    pub links: Vec<String>,
    /// When it went out.
    pub sent_at: Timestamp,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// The configuration set it was sent with.
    pub configuration_set: Option<String>,
}

impl SentMail {
    /// Whether it went to this address, however it is spelt.
    pub fn is_to(&self, address: &str) -> bool {
        let same = |to: &str| match (email(to), email(address)) {
            (Some(to), Some(address)) => to == address,
            _ => to == address,
        };
        self.to.split(", ").any(same)
    }
}

fn email(text: &str) -> Option<EmailAddress> {
    text.to_owned().try_into().ok()
}

/// SES's `SendEmail`, as far as it is used.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SendEmail {
    #[serde(default)]
    from_email_address: String,
    destination: EmailDestination,
    content: EmailContent,
    #[serde(default)]
    email_tags: Vec<EmailTag>,
    configuration_set_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EmailDestination {
    #[serde(default)]
    to_addresses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EmailContent {
    simple: SimpleEmail,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SimpleEmail {
    subject: EmailPart,
    body: EmailBody,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EmailPart {
    data: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EmailBody {
    #[serde(default)]
    text: EmailPart,
    #[serde(default)]
    html: EmailPart,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EmailTag {
    name: String,
    value: String,
}

impl SendEmail {
    /// The mail that it asks for, unless SES would not take it.
    pub(super) fn into_mail(self, id: String, sent_at: Timestamp) -> Result<SentMail, &'static str> {
        let SimpleEmail { subject: EmailPart { data: subject }, body } = self.content.simple;
        if self.destination.to_addresses.is_empty() || self.from_email_address.is_empty() {
            return Err("sender or recipient is missing");
        }
        // The end of a line would begin another header (RFC 5322 section 2.2).
        let headers = self.destination.to_addresses.iter().chain([&subject, &self.from_email_address]);
        if headers.flat_map(|header| header.chars()).any(char::is_control) {
            return Err("a header has control characters");
        }
        Ok(SentMail {
            id,
            to: self.destination.to_addresses.join(", "),
            from: self.from_email_address,
            subject,
            text: body.text.data,
            links: links(&body.html.data),
            html: body.html.data,
            sent_at,
            tags: self.email_tags.into_iter().map(|tag| (tag.name, tag.value)).collect(),
            configuration_set: self.configuration_set_name,
        })
    }
}

/// Targets of the links in a mail of ours: values of `href`, with the references of HTML resolved.
fn links(html: &str) -> Vec<String> {
    html.split("href=")
        .skip(1)
        .filter_map(|rest| {
            let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            let (value, _) = rest[1..].split_once(quote)?;
            Some(unescape(value))
        })
        .collect()
}

/// The references that text needs in HTML: `&amp;`, `&#38;`, `&#x26;`. Others stay as they are.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        plain.push_str(&rest[..start]);
        rest = &rest[start..];
        let found = rest.find(';').and_then(|end| Some((reference(&rest[1..end])?, end + 1)));
        let (c, len) = found.unwrap_or(('&', 1));
        plain.push(c);
        rest = &rest[len..];
    }
    plain + rest
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn links_are_found_as_they_were_meant() {
        let html = r#"<a href="https://a.example/join#token=x&#38;y=1">A</a> <a href='b&amp;c&#x27;'>B</a>
            <a href=unquoted>C</a> <a href="open"#;
        assert_eq!(links(html), ["https://a.example/join#token=x&y=1", "b&c'"]);
        assert_eq!(unescape("a & b &unknown; &#x110000; &"), "a & b &unknown; &#x110000; &");
    }

    #[test]
    fn k40_a_header_has_one_line() {
        let request = |subject: &str| {
            let text = json!({
                "FromEmailAddress": "a@x.example",
                "Destination": {"ToAddresses": ["b@x.example"]},
                "Content": {"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": "x"}}}},
            });
            let request: SendEmail = serde_json::from_value(text).unwrap();
            request.into_mail(String::new(), Timestamp::UNIX_EPOCH)
        };
        assert!(request("Hello").unwrap().is_to("B@X.example"));
        assert!(request("Hello\r\nBcc: c@x.example").is_err());
    }
}
