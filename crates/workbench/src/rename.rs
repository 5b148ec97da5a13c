//! Another name for a role or a seat tier, in all files of a pack: its data, policies, schema and cases.
//!
//! Only the names themselves are replaced, by their places in the parsed text. Comments, layout, and the same word
//! with another meaning stay as they are.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use seatwise_domain::pack::{BadIdentifier, Pack};
use seatwise_domain::{RoleName, TierName};
use seatwise_policy::source::{TextPart, is_policy_file, scan};
use seatwise_policy::text::first_line;
use seatwise_policy::{APP_FILE, Files, PACK_FILE};
use serde::Serialize;
use toml::de::{DeTable, DeValue};

use crate::suggestion::suggestion;

/// What can be renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum NamedKind {
    /// A role.
    Role,
    /// A seat tier.
    Tier,
}

impl NamedKind {
    /// The kind in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Tier => "tier",
        }
    }
}

/// A role or a tier that gets another name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rename {
    /// What it is.
    pub kind: NamedKind,
    /// The name before.
    pub before: String,
    /// The name after.
    pub after: String,
}

/// A reason why nothing is renamed.
#[derive(Debug, thiserror::Error)]
pub enum RenameError {
    /// The data of the pack cannot be read.
    #[error("{PACK_FILE} cannot be read as it is: `seatwise policies check` says what is wrong with it")]
    Unreadable,
    /// There is no such role or tier.
    #[error("the pack has no {kind} `{name}`: {help}")]
    Unknown {
        /// `role` or `tier`.
        kind: &'static str,
        /// The name.
        name: String,
        /// The names that were perhaps meant.
        help: String,
    },
    /// The new name has not the form of one.
    #[error("`{name}` is no id: it {why}")]
    NoId {
        /// The new name.
        name: String,
        /// The form of an id.
        why: BadIdentifier,
    },
    /// The new name is another one's.
    #[error("the pack has a {kind} `{name}` already: choose another id")]
    Taken {
        /// `role` or `tier`.
        kind: &'static str,
        /// The new name.
        name: String,
    },
    /// The new name is the first id of another one.
    #[error(
        "`{name}` is the first id of the {kind} `{of}`, under which records keep it: only that {kind} can be called \
         `{name}` again"
    )]
    FirstIdOfOther {
        /// `role` or `tier`.
        kind: &'static str,
        /// The new name.
        name: String,
        /// The one that had it first.
        of: String,
    },
}

/// The files that change, and how often a name was replaced in each.
pub struct Renamed {
    /// All files of the pack, under the new name.
    pub files: Files,
    /// The number of replaced names in each file that changes.
    pub replaced: BTreeMap<String, usize>,
}

/// Renames a role or a tier. Records keep it under its first id, which `product.toml` notes.
pub fn rename(files: &Files, rename: &Rename) -> Result<Renamed, RenameError> {
    let pack = pack(files).ok_or(RenameError::Unreadable)?;
    let Rename { kind, before, after } = rename;
    let (all, word) = (named(&pack, *kind), kind.word());
    let Some((_, own_id)) = all.iter().find(|(name, _)| name == before) else {
        let help = suggestion(before, all.iter().map(|(name, _)| name.as_str()));
        return Err(RenameError::Unknown { kind: word, name: before.clone(), help });
    };
    let form = match kind {
        NamedKind::Role => after.parse::<RoleName>().map(|_| ()),
        NamedKind::Tier => after.parse::<TierName>().map(|_| ()),
    };
    form.map_err(|why| RenameError::NoId { name: after.clone(), why })?;
    if all.iter().any(|(name, _)| name == after) {
        return Err(RenameError::Taken { kind: word, name: after.clone() });
    }
    if let Some((of, _)) = all.iter().find(|(_, id)| id == after && id != own_id) {
        return Err(RenameError::FirstIdOfOther { kind: word, name: after.clone(), of: of.clone() });
    }
    Ok(apply(files, std::slice::from_ref(rename)))
}

/// The files of a version under the names that a later one gives to the same roles and tiers, and what the later one
/// has renamed. So a comparison of the two shows what a rename leaves to compare.
pub fn under_names_of(before: &Files, after: &Files) -> (Files, Vec<Rename>) {
    let Some((old, new)) = pack(before).zip(pack(after)) else { return (before.clone(), Vec::new()) };
    let of_kind = |kind| {
        let (old, new) = (named(&old, kind), named(&new, kind));
        let is = move |id: &str| new.iter().find(|(_, known)| known == id).map(|(name, _)| name.clone());
        let renamed = old.into_iter().filter_map(move |(before, id)| {
            let after = is(&id).filter(|after| *after != before)?;
            Some(Rename { kind, before, after })
        });
        renamed.collect::<Vec<_>>()
    };
    let renames = [of_kind(NamedKind::Role), of_kind(NamedKind::Tier)].concat();
    if renames.is_empty() { (before.clone(), renames) } else { (apply(before, &renames).files, renames) }
}

fn pack(files: &Files) -> Option<Pack> {
    toml::from_str(files.get(PACK_FILE)?).ok()
}

/// The names and the first ids of all roles or tiers.
fn named(pack: &Pack, kind: NamedKind) -> Vec<(String, String)> {
    match kind {
        NamedKind::Role => pack.roles.iter().map(|role| (role.name.to_string(), role.id.0.clone())).collect(),
        NamedKind::Tier => {
            pack.seats.tiers.iter().map(|tier| (tier.name.to_string(), tier.id.0.clone())).collect()
        }
    }
}

/// A part of a text, and what takes its place.
struct Edit {
    span: Range<usize>,
    text: String,
    /// Whether it replaces a name.
    is_name: bool,
}

/// All renames at once: the new name of one can be the old name of another.
fn apply(files: &Files, renames: &[Rename]) -> Renamed {
    let mut result = Renamed { files: files.clone(), replaced: BTreeMap::new() };
    for (path, text) in files {
        let mut edits = if path == PACK_FILE {
            edits_of_pack(text, renames)
        } else if is_policy_file(path) || path == APP_FILE {
            edits_of_cedar(text, renames)
        } else if is_case_file(path) {
            edits_of_cases(text, renames)
        } else {
            Vec::new()
        };
        if edits.is_empty() {
            continue;
        }
        edits.sort_by_key(|edit| edit.span.start);
        result.replaced.insert(path.clone(), edits.iter().filter(|edit| edit.is_name).count());
        result.files.insert(path.clone(), edited(text, &edits));
    }
    result
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let (mut result, mut end) = (String::with_capacity(text.len()), 0);
    for Edit { span, text: new, .. } in edits {
        result.push_str(text.get(end..span.start).unwrap_or_default());
        result.push_str(new);
        end = span.end;
    }
    result.push_str(text.get(end..).unwrap_or_default());
    result
}

fn is_case_file(path: &str) -> bool {
    let path = Path::new(path);
    path.starts_with("cases") && path.extension().is_some_and(|extension| extension == "toml")
}

fn new_name<'r>(renames: &'r [Rename], kind: NamedKind, name: &str) -> Option<&'r str> {
    renames.iter().find(|it| it.kind == kind && it.before == name).map(|it| it.after.as_str())
}

type Value<'t> = toml::Spanned<DeValue<'t>>;

/// The values under a path of keys. A list stands for all its elements.
fn values<'v, 't>(value: &'v Value<'t>, path: &[&str]) -> Vec<&'v Value<'t>> {
    match (value.get_ref(), path) {
        (DeValue::Array(items), _) => items.iter().flat_map(|item| values(item, path)).collect(),
        (_, []) => vec![value],
        (DeValue::Table(table), [key, rest @ ..]) => {
            table.get(*key).map(|inner| values(inner, rest)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// The edits of the texts under these paths that are names of one kind.
fn edits_of_values(
    text: &str,
    root: &Value<'_>,
    paths: &[&[&str]],
    renames: &[Rename],
    kind: NamedKind,
) -> Vec<Edit> {
    let all = paths.iter().flat_map(|path| values(root, path));
    let edit = |value: &Value<'_>| {
        let DeValue::String(name) = value.get_ref() else { return None };
        let (span, new) = (value.span(), new_name(renames, kind, name)?);
        let written = text.get(span.clone())?;
        // The quotation marks stay; a name that is written with escapes is written anew.
        let is_plain = written.contains(name.as_ref());
        let text = if is_plain { written.replacen(name.as_ref(), new, 1) } else { format!("{new:?}") };
        Some(Edit { span, text, is_name: true })
    };
    all.filter_map(edit).collect()
}

fn parsed(text: &str) -> Option<Value<'_>> {
    let table = DeTable::parse(text).ok()?;
    let span = table.span();
    Some(toml::Spanned::new(span, DeValue::Table(table.into_inner())))
}

fn edits_of_cases(text: &str, renames: &[Rename]) -> Vec<Edit> {
    let Some(root) = parsed(text) else { return Vec::new() };
    let roles: &[&[&str]] = &[&["case", "given", "caller"], &["case", "when", "on"], &["case", "when", "to"]];
    let tiers: &[&[&str]] =
        &[&["case", "given", "seat"], &["case", "when", "tier"], &["case", "when", "on-seat"]];
    let mut edits = edits_of_values(text, &root, roles, renames, NamedKind::Role);
    edits.extend(edits_of_values(text, &root, tiers, renames, NamedKind::Tier));
    edits
}

fn edits_of_pack(text: &str, renames: &[Rename]) -> Vec<Edit> {
    let Some(root) = parsed(text) else { return Vec::new() };
    let roles: &[&[&str]] = &[
        &["role", "id"],
        &["role", "includes"],
        &["roles-given", "creator"],
        &["roles-given", "joiner"],
        &["roles-given", "seatless"],
    ];
    let mut edits = edits_of_values(text, &root, roles, renames, NamedKind::Role);
    edits.extend(edits_of_values(text, &root, &[&["seats", "tier", "id"]], renames, NamedKind::Tier));
    for (kind, path) in [(NamedKind::Role, &["role"][..]), (NamedKind::Tier, &["seats", "tier"])] {
        for table in values(&root, path) {
            edits.extend(edit_of_first_id(text, table, renames, kind));
        }
    }
    edits
}

/// The line `first-id`, which a renamed role or tier needs, and which one without another name than at first does not.
fn edit_of_first_id(text: &str, table: &Value<'_>, renames: &[Rename], kind: NamedKind) -> Option<Edit> {
    let DeValue::Table(fields) = table.get_ref() else { return None };
    let (id_key, id) = fields.get_key_value("id")?;
    let DeValue::String(name) = id.get_ref() else { return None };
    let new = new_name(renames, kind, name)?;
    let line_start = |at: usize| text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    // A key with a line of its own, which ends with nothing but a comment.
    let line_of = |key: &Range<usize>, value: &Range<usize>| {
        let line = line_start(key.start)..first_line(text, line_start(key.start)).end;
        let behind = text.get(value.end..line.end)?.trim_start();
        let is_alone = text[line.start..key.start].trim().is_empty();
        (is_alone && (behind.is_empty() || behind.starts_with('#'))).then_some(line)
    };
    let Some((key, value)) = fields.get_key_value("first-id") else {
        let span = id.span();
        let (at, text) = match line_of(&id_key.span(), &span) {
            Some(line) => {
                let indent = &text[line.start..id_key.span().start];
                (line.end, format!("\n{indent}first-id = {name:?}"))
            }
            None => (span.end, format!(", first-id = {name:?}")),
        };
        return Some(Edit { span: at..at, text, is_name: false });
    };
    let is_back = matches!(value.get_ref(), DeValue::String(first) if first == new);
    if !is_back {
        return None;
    }
    let (key, value) = (key.span(), value.span());
    let span = match line_of(&key, &value) {
        Some(line) => {
            line.start..text[line.end..].find('\n').map_or(text.len(), |newline| line.end + newline + 1)
        }
        None => in_inline_table(text, &key, &value),
    };
    Some(Edit { span, text: String::new(), is_name: false })
}

/// A key with its value in an inline table, with the comma that goes with it.
fn in_inline_table(text: &str, key: &Range<usize>, value: &Range<usize>) -> Range<usize> {
    let behind = text[value.end..].trim_start();
    match behind.strip_prefix(',') {
        Some(rest) => key.start..text.len() - rest.trim_start_matches([' ', '\t']).len(),
        None => text[..key.start].rfind(',').unwrap_or(key.start)..value.end,
    }
}

/// The edits of policies and of a schema: `Role::"…"`, `SeatTier::"…"`, the list of tiers, and `@appoints("…")`.
fn edits_of_cedar(text: &str, renames: &[Rename]) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (code, span) in strings(text) {
        let content = &text[span.clone()];
        let is_of = |type_name: &str| {
            let before = code.strip_suffix("::").and_then(|code| code.strip_suffix(type_name));
            before.is_some_and(|before| {
                !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
            })
        };
        let is_in_list = || code.trim_end_matches(['"', ',']).ends_with(" SeatTier enum[");
        let new = if is_of("Role") {
            new_name(renames, NamedKind::Role, content).map(ToOwned::to_owned)
        } else if is_of("SeatTier") || is_in_list() {
            new_name(renames, NamedKind::Tier, content).map(ToOwned::to_owned)
        } else if code.ends_with("@appoints(") {
            appointed(content, renames)
        } else {
            None
        };
        edits.extend(new.map(|text| Edit { span, text, is_name: true }));
    }
    edits
}

/// The names in an annotation, with the new ones; nothing, if none of them is new.
fn appointed(content: &str, renames: &[Rename]) -> Option<String> {
    let words = content.split_inclusive(char::is_whitespace);
    let new = words.map(|word| {
        let name = word.trim_end();
        new_name(renames, NamedKind::Role, name)
            .map_or_else(|| word.to_owned(), |new| word.replacen(name, new, 1))
    });
    let new: String = new.collect();
    (new != content).then_some(new)
}

/// The content of each string, with the code before it: without comments, with spaces only between words, and with
/// strings as their quotation marks alone.
fn strings(text: &str) -> Vec<(String, Range<usize>)> {
    let (mut found, mut code, mut begun, mut is_apart) = (Vec::new(), String::new(), None, false);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    for (offset, part, c) in scan(text) {
        match part {
            TextPart::Comment => is_apart = true,
            TextPart::String if begun.is_none() => {
                begun = Some(offset + 1);
                found.push((code.clone(), 0..0));
                code.push('"');
            }
            TextPart::String | TextPart::Escape => {}
            TextPart::Code if c == '"' => {
                if let (Some(start), Some((_, span))) = (begun.take(), found.last_mut()) {
                    *span = start..offset;
                }
                code.push('"');
            }
            TextPart::Code if c.is_whitespace() => is_apart = true,
            TextPart::Code => {
                if is_apart && is_word(c) && code.ends_with(is_word) {
                    code.push(' ');
                }
                is_apart = false;
                code.push(c);
                // Only a declaration reaches back further than this.
                if c == ';' {
                    code.clear();
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use seatwise_policy::{Bundle, packs};

    use super::*;
    use crate::check;

    fn wanted(kind: NamedKind, before: &str, after: &str) -> Rename {
        Rename { kind, before: before.to_owned(), after: after.to_owned() }
    }

    fn edited_file(path: &str, text: &str, renames: &[Rename]) -> String {
        let files = Files::from([(path.to_owned(), text.to_owned())]);
        apply(&files, renames).files[path].clone()
    }

    #[test]
    fn every_role_and_tier_of_every_pack_can_be_renamed_and_called_back() {
        for name in packs::names() {
            let files = packs::files(name).unwrap();
            let pack = pack(&files).unwrap();
            for kind in [NamedKind::Role, NamedKind::Tier] {
                for (old, _) in named(&pack, kind) {
                    let after = rename(&files, &wanted(kind, &old, "another")).unwrap();
                    assert_eq!(check(&after.files), [], "{name}: {old}");
                    let text = &after.files[PACK_FILE];
                    assert!(text.contains(&format!("id = \"another\"\nfirst-id = \"{old}\"\n")), "{text}");
                    let bundle = Bundle::compile(&after.files).unwrap();
                    let known = named(bundle.pack(), kind);
                    assert!(known.contains(&("another".to_owned(), old.clone())), "{known:?}");
                    let back = rename(&after.files, &wanted(kind, "another", &old)).unwrap();
                    assert_eq!(back.files, files, "{name}: {old}");
                    // A comparison sees the rename, and nothing else.
                    let (seen, renames) = under_names_of(&files, &after.files);
                    assert_eq!((seen, renames), (after.files, vec![wanted(kind, &old, "another")]));
                }
            }
        }
    }

    #[test]
    fn only_names_are_replaced_in_policies() {
        let text = r#"// Role::"admin" stays in a comment.
@doc("the admin, Role::\"admin\"")
@appoints("owner admin administrator")
permit (principal in Role :: /* no */ "admin", action == Action::"admin", resource)
when { [Role::"admin", Role::"owner"].contains(principal.role) && resource.tier == SeatTier::"admin"
    && OtherRole::"admin" == principal };
"#;
        // Cedar has no such comment; a text that does not parse is not changed more than one that does.
        let text = text.replace("/* no */ ", "");
        let renamed = edited_file("a.cedar", &text, &[wanted(NamedKind::Role, "admin", "chief")]);
        let expected = text
            .replace("owner admin administrator", "owner chief administrator")
            .replace("Role :: \"admin\"", "Role :: \"chief\"")
            .replace("[Role::\"admin\"", "[Role::\"chief\"");
        assert_eq!(renamed, expected);
        let renamed = edited_file("a.cedar", &text, &[wanted(NamedKind::Tier, "admin", "chief")]);
        assert_eq!(renamed, text.replace("SeatTier::\"admin\"", "SeatTier::\"chief\""));
    }

    #[test]
    fn the_list_of_tiers_is_renamed_and_that_of_features_is_not() {
        let text = "entity SeatTier enum [\n  // the best\n  \"pro\", \"basic\",\n];\nentity Feature enum [\"pro\"];\n";
        let both = [wanted(NamedKind::Tier, "pro", "basic"), wanted(NamedKind::Tier, "basic", "pro")];
        let renamed = edited_file(APP_FILE, text, &both);
        assert_eq!(renamed, text.replace("\"pro\", \"basic\"", "\"basic\", \"pro\""), "all at once");
    }

    #[test]
    fn cases_are_renamed_by_the_meaning_of_their_fields() {
        let text = "# pro and admin\n[[case]]\nname = \"admin with pro\"\n\
            given = { caller = [\"admin\", 'pro'], seat = \"pro\" } # admin\n\
            when = { action = \"admin\", on = \"admin\", to = [\"admin\"], tier = \"pro\", on-seat = \"pro\" }\n\
            then = \"pro\"\n";
        let renames = [wanted(NamedKind::Role, "admin", "chief"), wanted(NamedKind::Tier, "pro", "top")];
        let expected =
            text.replace("[\"admin\", 'pro'], seat = \"pro\"", "[\"chief\", 'pro'], seat = \"top\"").replace(
                "on = \"admin\", to = [\"admin\"], tier = \"pro\", on-seat = \"pro\"",
                "on = \"chief\", to = [\"chief\"], tier = \"top\", on-seat = \"top\"",
            );
        assert_eq!(edited_file("cases/a.toml", text, &renames), expected);
    }

    #[test]
    fn the_layout_of_the_data_stays() {
        let role = [wanted(NamedKind::Role, "admin", "chief")];
        for (before, after) in [
            (
                "[[role]]\n  id   = 'admin'  # who\n",
                "[[role]]\n  id   = 'chief'  # who\n  first-id = \"admin\"\n",
            ),
            ("[[role]]\nid = \"admin\"", "[[role]]\nid = \"chief\"\nfirst-id = \"admin\""),
            (
                "role = [{ id = \"admin\", rank = 1 }]",
                "role = [{ id = \"chief\", first-id = \"admin\", rank = 1 }]",
            ),
            (
                "[[role]]\nid = \"admin\"\nfirst-id = \"a\"\nincludes = \"admin\"\n",
                "[[role]]\nid = \"chief\"\nfirst-id = \"a\"\nincludes = \"chief\"\n",
            ),
            ("[[role]]\nfirst-id = \"chief\" # was\nid = \"admin\"\n", "[[role]]\nid = \"chief\"\n"),
            ("role = [{ first-id = \"chief\", id = \"admin\" }]", "role = [{ id = \"chief\" }]"),
            ("role = [{ id = \"admin\", first-id = \"chief\" }]", "role = [{ id = \"chief\" }]"),
            ("[[seats.tier]]\nid = \"admin\"\n", "[[seats.tier]]\nid = \"admin\"\n"),
            ("[[role]]\nid = \"\\u0061dmin\"\n", "[[role]]\nid = \"chief\"\nfirst-id = \"admin\"\n"),
        ] {
            assert_eq!(edited_file(PACK_FILE, before, &role), after, "{before}");
        }
    }

    #[test]
    fn what_cannot_be_renamed_says_why() {
        let files = packs::files("purchased-seats").unwrap();
        let renamed = rename(&files, &wanted(NamedKind::Role, "member", "worker")).unwrap().files;
        for (files, kind, before, after, why) in [
            (&files, NamedKind::Role, "admn", "chief", "no role `admn`: did you mean `admin`?"),
            (&files, NamedKind::Tier, "gold", "top", "no tier `gold`: there are `basic`, `pro`"),
            (&files, NamedKind::Role, "pro", "top", "there are `owner`, `admin`, `member`"),
            (&files, NamedKind::Role, "admin", "owner", "has a role `owner` already"),
            (&files, NamedKind::Role, "admin", "admin", "has a role `admin` already"),
            (
                &files,
                NamedKind::Role,
                "admin",
                "The Chief",
                "`The Chief` is no id: it must be a name of at most",
            ),
            (&files, NamedKind::Tier, "pro", "", "is no id"),
            (&renamed, NamedKind::Role, "admin", "member", "is the first id of the role `worker`"),
            (&renamed, NamedKind::Role, "member", "chief", "no role `member`"),
            (&Files::new(), NamedKind::Role, "admin", "chief", "product.toml cannot be read"),
        ] {
            let Err(refused) = rename(files, &wanted(kind, before, after)) else {
                panic!("{before} {after}")
            };
            assert!(refused.to_string().contains(why), "{refused}");
        }
    }
}
