//! Reads the YAML of the templates: a small part of the language; anything else is an error. Intrinsic functions
//! become their JSON form: `!Ref Table` is `{"Ref": "Table"}`. Every scalar is a text.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::{Map, Value, json};

/// A line without its indentation.
struct Line<'a> {
    indent: usize,
    text: &'a str,
}

/// The document as a value.
pub fn parse(text: &str) -> Value {
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    let lines: Vec<Line> = lines
        .map(|line| Line { indent: line.len() - line.trim_start().len(), text: line.trim_start() })
        .collect();
    let (value, rest) = block(&lines, 0);
    assert!(rest.is_empty(), "unknown YAML: {}", rest[0].text);
    value
}

/// The value of the lines with this indentation or more, and the lines after them.
fn block<'a, 'b>(lines: &'b [Line<'a>], indent: usize) -> (Value, &'b [Line<'a>]) {
    match lines.first() {
        Some(line) if line.indent >= indent && line.text.starts_with("- ") => list(lines, line.indent),
        Some(line) if line.indent >= indent => map(lines, line.indent),
        _ => (Value::Null, lines),
    }
}

fn list<'a, 'b>(mut lines: &'b [Line<'a>], indent: usize) -> (Value, &'b [Line<'a>]) {
    let mut items = Vec::new();
    while let Some(line) = lines.first().filter(|line| line.indent == indent) {
        let first = line.text.strip_prefix("- ").expect("an item of the list");
        let end = 1 + lines[1..].iter().take_while(|line| line.indent > indent).count();
        if key_and_value(first).is_some() {
            // A map whose first key is on the line of the dash.
            let mut own = vec![Line { indent: indent + 2, text: first }];
            own.extend(lines[1..end].iter().map(|line| Line { indent: line.indent, text: line.text }));
            let (value, rest) = map(&own, indent + 2);
            assert!(rest.is_empty(), "an item that is no map: {first}");
            items.push(value);
        } else {
            assert_eq!(end, 1, "a scalar with lines below it: {first}");
            items.push(scalar(first));
        }
        lines = &lines[end..];
    }
    (Value::Array(items), lines)
}

fn map<'a, 'b>(mut lines: &'b [Line<'a>], indent: usize) -> (Value, &'b [Line<'a>]) {
    let mut entries = Map::new();
    while let Some(line) = lines.first().filter(|line| line.indent == indent) {
        let (key, value) = key_and_value(line.text).unwrap_or_else(|| panic!("no key: {}", line.text));
        let below = &lines[1..];
        let end = below.iter().take_while(|line| line.indent > indent).count();
        let value = match value {
            "" => block(&below[..end], indent + 1).0,
            "|" => json!(literal(&below[..end])),
            "!Sub |" => json!({ "Fn::Sub": literal(&below[..end]) }),
            value => {
                assert_eq!(end, 0, "a scalar with lines below it: {}", line.text);
                scalar(value)
            }
        };
        assert!(entries.insert(key.to_owned(), value).is_none(), "{key} is there twice");
        lines = &below[end..];
    }
    (Value::Object(entries), lines)
}

fn literal(lines: &[Line]) -> String {
    lines.iter().flat_map(|line| [line.text, "\n"]).collect()
}

/// A key may contain colons (`dynamodb:LeadingKeys`), but no colon with a space after it.
fn key_and_value(text: &str) -> Option<(&str, &str)> {
    if text.starts_with(['\'', '"', '{', '[', '!']) {
        return None;
    }
    text.split_once(": ").or_else(|| Some((text.strip_suffix(':')?, "")))
}

fn scalar(text: &str) -> Value {
    let mut chars = text.chars().peekable();
    let value = flow(&mut chars, &[]);
    assert_eq!(chars.collect::<String>(), "", "more than a value: {text}");
    value
}

/// A value within a line, up to one of these characters.
fn flow(chars: &mut Peekable<Chars>, ends: &[char]) -> Value {
    skip_spaces(chars);
    match chars.peek().copied() {
        Some('!') => tagged(chars, ends),
        Some('[') => {
            chars.next();
            let mut items = Vec::new();
            while !ended(chars, ']') {
                items.push(flow(chars, &[',', ']']));
            }
            Value::Array(items)
        }
        Some('{') => {
            chars.next();
            let mut entries = Map::new();
            while !ended(chars, '}') {
                let key = word(chars, |rest| rest.starts_with(": "));
                chars.next();
                entries.insert(key, flow(chars, &[',', '}']));
            }
            Value::Object(entries)
        }
        Some(quote @ ('\'' | '"')) => json!(quoted(chars, quote)),
        _ => json!(word(chars, |rest| rest.starts_with(ends))),
    }
}

fn tagged(chars: &mut Peekable<Chars>, ends: &[char]) -> Value {
    let tag = word(chars, |rest| rest.starts_with(' '));
    let value = flow(chars, ends);
    match (tag.as_str(), value) {
        ("!Ref", name) => json!({ "Ref": name }),
        ("!Condition", name) => json!({ "Condition": name }),
        ("!GetAtt", Value::String(path)) => {
            let (resource, attribute) = path.split_once('.').expect("an attribute");
            json!({ "Fn::GetAtt": [resource, attribute] })
        }
        ("!Sub" | "!If" | "!Not" | "!Equals" | "!And" | "!Split", value) => {
            json!({ format!("Fn::{}", &tag[1..]): value })
        }
        _ => panic!("unknown function: {tag}"),
    }
}

fn quoted(chars: &mut Peekable<Chars>, quote: char) -> String {
    chars.next();
    let mut text = String::new();
    loop {
        match chars.next().expect("the end of a quoted text") {
            end if end == quote => match chars.peek() {
                // Two quotes stand for one.
                Some(next) if *next == quote => text.extend(chars.next()),
                _ => return text,
            },
            other => text.push(other),
        }
    }
}

/// A plain text.
fn word(chars: &mut Peekable<Chars>, ends: impl Fn(&str) -> bool) -> String {
    skip_spaces(chars);
    let mut text = String::new();
    while let Some(next) = chars.peek().copied() {
        if ends(&chars.clone().collect::<String>()) {
            break;
        }
        text.push(next);
        chars.next();
    }
    text.trim_end().to_owned()
}

/// Whether the list or map ends here. Steps over its end or over a comma.
fn ended(chars: &mut Peekable<Chars>, end: char) -> bool {
    skip_spaces(chars);
    chars.next_if_eq(&',');
    skip_spaces(chars);
    chars.next_if_eq(&end).is_some()
}

fn skip_spaces(chars: &mut Peekable<Chars>) {
    while chars.next_if_eq(&' ').is_some() {}
}

#[test]
fn yaml_is_read() {
    let text = "
# A comment.
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Keys:
      - { Name: pk, Kind: 'S' }
      - Name: sk
        Kind: 'it''s'
    Policy:
      Action: [dynamodb:Query, sts:AssumeRole]
      ForAllValues:StringLike: { dynamodb:LeadingKeys: ['W#*', 'U#*'] }
      Resource: !If [IsRestored, !Sub 'a/${B}', !GetAtt Table.StreamArn]
      Nothing: !Ref AWS::NoValue
    Body: !Sub |
      {
        \"a\": 1
      }
    GET /v1/{id}: { Rate: !Ref Rate, Burst: 2 }
";
    let table = json!({
        "Type": "AWS::DynamoDB::Table",
        "Keys": [{ "Name": "pk", "Kind": "S" }, { "Name": "sk", "Kind": "it's" }],
        "Policy": {
            "Action": ["dynamodb:Query", "sts:AssumeRole"],
            "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["W#*", "U#*"] },
            "Resource": { "Fn::If": [
                "IsRestored", { "Fn::Sub": "a/${B}" }, { "Fn::GetAtt": ["Table", "StreamArn"] },
            ] },
            "Nothing": { "Ref": "AWS::NoValue" },
        },
        "Body": { "Fn::Sub": "{\n\"a\": 1\n}\n" },
        "GET /v1/{id}": { "Rate": { "Ref": "Rate" }, "Burst": "2" },
    });
    assert_eq!(parse(text), json!({ "Resources": { "Table": table } }));
}
