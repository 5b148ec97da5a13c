//! The canonical form of an item, and its hash: what a digest of the log says of an event (K69).
//!
//! The form covers every attribute, also one that this release does not know, and the keys. Two items have the same
//! form only if they have the same attributes with the same types and values. It does not depend on an order that
//! DynamoDB does not keep:
//!
//! | part | bytes |
//! |---|---|
//! | item | `seatwise item v1`, a line break, and a map of the attributes |
//! | text, number, bytes | `S`, `N` or `B`; the length; the content, a number as DynamoDB writes it |
//! | truth value | `T` or `F` |
//! | NULL | `0` |
//! | map | `M`; the number of members; for each, in the order of the names' bytes, the length of the name, the name, the value |
//! | list | `L`; the number of values; the values, in their order |
//! | set | `s`, `n` or `b`; the number of values; for each, in the order of the bytes, the length and the content |
//!
//! Lengths and numbers have eight bytes, big-endian. Nothing is left out: DynamoDB itself changes no attribute of an
//! item, and the functions never change an event. DynamoDB stores a number in one form (without trailing zeros, for
//! example), so a number that is read twice is the same twice.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use seatwise_domain::ItemHash;
use sha2::{Digest as _, Sha256};

use crate::error::StoreError;
use crate::item::Item;

const FORM: &str = "seatwise item v1\n";

/// An attribute has a type that the client of DynamoDB does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an attribute has an unknown type")]
struct UnknownAttribute;

/// The hash of an item.
pub(crate) fn hash(item: &Item) -> Result<ItemHash, StoreError> {
    let mut bytes = FORM.as_bytes().to_vec();
    add_map(&mut bytes, item).map_err(|error| StoreError::Failed(Box::new(error)))?;
    Ok(ItemHash(Sha256::digest(bytes).into()))
}

fn add(bytes: &mut Vec<u8>, value: &AttributeValue) -> Result<(), UnknownAttribute> {
    match value {
        AttributeValue::S(text) => add_content(bytes, b'S', text.as_bytes()),
        AttributeValue::N(number) => add_content(bytes, b'N', number.as_bytes()),
        AttributeValue::B(content) => add_content(bytes, b'B', content.as_ref()),
        AttributeValue::Bool(true) => bytes.push(b'T'),
        AttributeValue::Bool(false) => bytes.push(b'F'),
        AttributeValue::Null(_) => bytes.push(b'0'),
        AttributeValue::M(members) => add_map(bytes, members)?,
        AttributeValue::L(values) => {
            bytes.push(b'L');
            add_length(bytes, values.len());
            for value in values {
                add(bytes, value)?;
            }
        }
        AttributeValue::Ss(values) => add_set(bytes, b's', values.iter().map(String::as_bytes)),
        AttributeValue::Ns(values) => add_set(bytes, b'n', values.iter().map(String::as_bytes)),
        AttributeValue::Bs(values) => add_set(bytes, b'b', values.iter().map(AsRef::as_ref)),
        _ => return Err(UnknownAttribute),
    }
    Ok(())
}

fn add_map(bytes: &mut Vec<u8>, members: &HashMap<String, AttributeValue>) -> Result<(), UnknownAttribute> {
    let mut members: Vec<(&String, &AttributeValue)> = members.iter().collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    bytes.push(b'M');
    add_length(bytes, members.len());
    for (name, value) in members {
        add_length(bytes, name.len());
        bytes.extend_from_slice(name.as_bytes());
        add(bytes, value)?;
    }
    Ok(())
}

fn add_set<'a>(bytes: &mut Vec<u8>, kind: u8, values: impl Iterator<Item = &'a [u8]>) {
    let mut values: Vec<&[u8]> = values.collect();
    values.sort_unstable();
    bytes.push(kind);
    add_length(bytes, values.len());
    for value in values {
        add_length(bytes, value.len());
        bytes.extend_from_slice(value);
    }
}

fn add_content(bytes: &mut Vec<u8>, kind: u8, content: &[u8]) {
    bytes.push(kind);
    add_length(bytes, content.len());
    bytes.extend_from_slice(content);
}

fn add_length(bytes: &mut Vec<u8>, length: usize) {
    // No attribute is nearly as long: an item holds 400 KB (AWS limit).
    bytes.extend_from_slice(&u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aws_sdk_dynamodb::primitives::Blob;

    use super::*;

    fn item(attributes: &[(&str, AttributeValue)]) -> Item {
        attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    fn of(value: AttributeValue) -> [u8; 32] {
        hash(&item(&[("a", value)])).unwrap().0
    }

    fn text(text: &str) -> AttributeValue {
        AttributeValue::S(text.to_owned())
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    /// The form must never change: the digests of earlier releases are compared by it.
    #[test]
    fn k69_the_form_is_fixed() {
        let full = item(&[
            ("text", text("ä")),
            ("number", AttributeValue::N("-1.5".to_owned())),
            ("bytes", AttributeValue::B(Blob::new([0, 255]))),
            ("yes", AttributeValue::Bool(true)),
            ("no", AttributeValue::Bool(false)),
            ("nothing", AttributeValue::Null(true)),
            ("map", AttributeValue::M(item(&[("x", text("1")), ("y", text("2"))]))),
            ("list", AttributeValue::L(vec![text("2"), text("1")])),
            ("texts", AttributeValue::Ss(texts(&["b", "a"]))),
            ("numbers", AttributeValue::Ns(texts(&["2", "1"]))),
            ("blobs", AttributeValue::Bs(vec![Blob::new([2]), Blob::new([1])])),
        ]);
        let found = hash(&full).unwrap().0;
        let found = found.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        assert_eq!(found, "7910cd848fd9856d7a407d9441843376cb69b549416fc45c128d0cee78ee3b8f");
    }

    #[test]
    fn k69_what_differs_has_another_hash() {
        let number = |number: &str| AttributeValue::N(number.to_owned());
        let map = |members: &[(&str, AttributeValue)]| AttributeValue::M(item(members));
        let list = AttributeValue::L;
        let different = [
            text(""),
            text("1"),
            text("11"),
            number("1"),
            AttributeValue::B(Blob::new(b"1")),
            AttributeValue::Bool(true),
            AttributeValue::Bool(false),
            AttributeValue::Null(true),
            list(vec![]),
            list(vec![text("1")]),
            list(vec![text("1"), text("1")]),
            list(vec![text("11")]),
            list(vec![text("1"), text("2")]),
            list(vec![text("2"), text("1")]),
            list(vec![list(vec![text("1")])]),
            map(&[]),
            map(&[("1", text("1"))]),
            map(&[("", text("11"))]),
            map(&[("11", text(""))]),
            map(&[("1", text("1")), ("2", text("2"))]),
            map(&[("1", text("2")), ("2", text("1"))]),
            AttributeValue::Ss(texts(&["1"])),
            AttributeValue::Ns(texts(&["1"])),
            AttributeValue::Bs(vec![Blob::new(b"1")]),
            AttributeValue::Ss(texts(&["1", "2"])),
            AttributeValue::Ss(texts(&["12"])),
        ];
        let hashes: BTreeSet<[u8; 32]> = different.iter().cloned().map(of).collect();
        assert_eq!(hashes.len(), different.len());
        let names = [item(&[]), item(&[("a", text("1"))]), item(&[("b", text("1"))])];
        let hashes: BTreeSet<[u8; 32]> = names.iter().map(|item| hash(item).unwrap().0).collect();
        assert_eq!(hashes.len(), names.len());
    }

    #[test]
    fn k69_order_that_the_table_does_not_keep_is_no_difference() {
        let set = |words: &[&str]| of(AttributeValue::Ss(texts(words)));
        assert_eq!(set(&["a", "b", "c"]), set(&["c", "a", "b"]));
    }
}
