//! The names of people in lists: their order, and the search for them (K55).

use std::convert::Infallible;
use std::iter;

use icu_collator::CollatorBorrowed;
use icu_collator::options::CollatorOptions;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::canonical_combining_class;

use super::text::is_ignorable;

/// The longest key of an index, in bytes (AWS limit).
const MAX_KEY: usize = 1024;

/// The order of the Unicode collation for the root locale (CLDR), which is alike for everybody.
static ROOT_COLLATION: CollatorBorrowed<'static> = CollatorBorrowed::new_root(CollatorOptions::default());

/// The place of a person in a list by name: by the name, or by the address where there is no name. `id` decides
/// between equal names.
///
/// The text is `m`, the collation's sort key in hex, and the id. It fits into a key of an index: of a longer sort
/// key only the beginning counts.
pub fn member_sort_key(
    id: &str,
    first_name: Option<&str>,
    last_name: Option<&str>,
    email: Option<&str>,
) -> String {
    let names: Vec<&str> = [first_name, last_name].into_iter().flatten().collect();
    let shown = if names.is_empty() { email.unwrap_or_default().to_owned() } else { names.join(" ") };
    let mut key = Vec::new();
    let Ok::<(), Infallible>(()) = ROOT_COLLATION.write_sort_key_to(&shown, &mut key);
    // The point sorts before all digits, so a name comes before a longer one that begins with it.
    let rest = format!(".{id}");
    key.truncate(MAX_KEY.saturating_sub(1 + rest.len()) / 2);
    format!("m{}{rest}", hex::encode(key))
}

/// The words of a search, in the form in which they are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameSearch(Vec<String>);

impl NameSearch {
    /// The words of this text.
    pub fn new(text: &str) -> Self {
        Self(folded(text).split_whitespace().map(ToOwned::to_owned).collect())
    }

    /// Whether the text has no words, so that the search finds everybody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether each word is a part of the person's name or address, in any order.
    ///
    /// A word also finds a name that is written without its spaces, from its beginning: `张伟` finds the first name
    /// `伟` and the last name `张`.
    pub fn finds(&self, first_name: Option<&str>, last_name: Option<&str>, email: Option<&str>) -> bool {
        if self.is_empty() {
            return true;
        }
        let text = |text: Option<&str>| text.map(folded).unwrap_or_default();
        let (first, last, email) = (text(first_name), text(last_name), text(email));
        let name = format!("{first} {last}");
        let joined = [format!("{first}{last}"), format!("{last}{first}")].map(|name| without_gaps(&name));
        self.0.iter().all(|word| {
            let whole = without_gaps(word);
            email.contains(word)
                || word.split(HYPHEN).all(|part| name.contains(part))
                || joined.iter().any(|name| name.starts_with(&whole))
        })
    }
}

const HYPHEN: char = '-';

fn without_gaps(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && *c != HYPHEN).collect()
}

/// The text without the differences that a search ignores: case, accents, Unicode forms, and marks that people
/// leave out.
fn folded(text: &str) -> String {
    text.nfkd()
        .filter(|c| is_compared(*c))
        .flat_map(same_case)
        .nfkd()
        .filter(|c| is_compared(*c))
        .flat_map(base)
        .collect()
}

/// One case for each letter. The way through the upper case makes `ß` equal to `ss`, and `ς` to `σ`, as full case
/// folding does (Unicode Standard, section 5.18).
fn same_case(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

/// Whether a search compares the character. It does not compare apostrophes, invisible characters, and the marks
/// above, below and through a letter. Marks that make another letter, such as those of Indic and Japanese scripts,
/// have other combining classes (UAX 44, table 15).
fn is_compared(c: char) -> bool {
    let is_mark = matches!(canonical_combining_class(c), 1 | 10..=36 | 200..=240);
    let is_apostrophe = matches!(c, '\'' | '`' | '´' | 'ʻ' | 'ʼ' | 'ʾ' | 'ʿ' | '‘' | '’' | '＇');
    // The last one lengthens an Arabic word.
    !is_mark && !is_apostrophe && !is_ignorable(c) && c != 'ـ'
}

/// The letters without a decomposition in Unicode that people type as plain ones, and the hyphens as one.
fn base(c: char) -> impl Iterator<Item = char> {
    let plain = match c {
        'ł' => "l",
        'ø' => "o",
        'đ' | 'ð' | 'ɗ' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ŋ' => "n",
        'ĸ' | 'ƙ' => "k",
        'ə' => "e",
        'ɓ' => "b",
        'ƴ' => "y",
        'ı' => "i",
        '\u{2010}'..='\u{2015}' | '·' | '・' => "-",
        _ => "",
    };
    let kept = if plain.is_empty() { Some(c) } else { None };
    plain.chars().chain(iter::once(kept).flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(search: &str, first: &str, last: &str) -> bool {
        let name = |name: &'static str| Some(name).filter(|name| !name.is_empty());
        let leak = |text: &str| -> &'static str { text.to_owned().leak() };
        NameSearch::new(search).finds(name(leak(first)), name(leak(last)), Some("Kim.Lee@Bücher.example"))
    }

    #[test]
    fn k55_a_search_ignores_case_accents_forms_and_order() {
        for (search, first, last) in [
            ("emile", "Émile", "Zola"),
            ("ÉMILE", "E\u{301}mile", ""),
            ("zoe", "Zoë", ""),
            ("zoë", "Zoe", ""),
            ("lukasz", "Łukasz", "Żółć"),
            ("zolc", "Łukasz", "Żółć"),
            ("dupont sébastien", "Sébastien", "Dupont"),
            ("sebastien dup", "Sébastien", "Dupont"),
            ("张伟", "伟", "张"),
            ("张", "伟", "张"),
            ("伟", "伟", "张"),
            ("伟张", "伟", "张"),
            ("김민준", "민준", "김"),
            ("strasse", "Jo", "Straße"),
            ("STRASSE", "Jo", "Straße"),
            ("straße", "Jo", "Strasse"),
            ("STRAẞE", "Jo", "Straße"),
            ("istanbul", "İstanbul", ""),
            ("ISTANBUL", "istanbul", ""),
            ("isik", "Işık", ""),
            ("IŞIK", "ışık", ""),
            ("ışık", "Isik", ""),
            ("anna", "Ａｎｎａ", ""),
            ("ａｎｎａ", "Anna", ""),
            ("ｶﾅ", "カナ", ""),
            ("oneill", "Shaun", "O’Neill"),
            ("o'neill", "Shaun", "O’Neill"),
            ("jean luc", "Jean-Luc", ""),
            ("jean-luc", "Jean Luc", ""),
            ("jeanluc", "Jean-Luc", ""),
            ("vandenberg", "Ann", "van den Berg"),
            ("soren", "Søren", ""),
            ("aesop", "Æsop", ""),
            ("thor", "Þór", ""),
            ("djokovic", "Novak", "Đjoković"),
            ("σοφοσ", "Σοφός", ""),
            ("محمد", "مُحَمَّد", ""),
            ("nguyen", "Nguyễn", ""),
            ("ann", "Jo\u{AD}\u{200D}ann", ""),
            ("kim.lee", "", ""),
            ("bücher", "", ""),
            ("bucher.example dup", "Jo", "Dupont"),
            ("", "Jo", ""),
            (" \u{301} ", "Jo", ""),
        ] {
            assert!(finds(search, first, last), "{search} in {first} {last}");
        }
        for (search, first, last) in [
            ("emil zola q", "Émile", "Zola"),
            ("annb", "Joann", "Becker"),
            ("が", "か", ""),
            ("कि", "का", ""),
            ("张伟", "伟", "王"),
            ("bob", "", ""),
        ] {
            assert!(!finds(search, first, last), "{search} in {first} {last}");
        }
    }

    fn key(id: &str, first: &str, last: Option<&str>) -> String {
        member_sort_key(id, Some(first), last, None)
    }

    #[test]
    fn k55_names_are_in_the_order_of_the_root_collation() {
        let order = [
            "_x", "1", "2", "ab", "Ab", "äb", "abc", "ab d", "Émile", "emma", "Łukasz", "lz", "Zoë", "zoé",
            "Ω", "я", "张伟",
        ];
        let mut names = order;
        names.reverse();
        names.sort_by_cached_key(|name| key("1", name, None));
        let expected = {
            let mut names = order;
            names.sort_by(|a, b| ROOT_COLLATION.compare(a, b));
            names
        };
        assert_eq!(names, expected);
        assert!(key("1", "Émile", None) < key("1", "emma", None));
        assert!(key("1", "Łukasz", None) < key("1", "Zoë", None));
        assert!(key("1", "ab", None) < key("1", "Ab", None) && key("1", "Ab", None) < key("1", "äb", None));
    }

    #[test]
    fn k55_equal_names_are_in_the_order_of_ids_and_a_key_fits_the_index() {
        let id = "019aa7f5-1c2d-7e3f-8a4b-5c6d7e8f9a0b";
        assert!(key("1", "Jo", None) < key("2", "Jo", None));
        assert!(key("9", "Jo", None) < key("1", "Jo", Some("A")));
        assert_eq!(member_sort_key("1", None, None, Some("jo@x.example")), key("1", "jo@x.example", None));
        for letter in ["x", "é", "张", "🚀", "ﷺ", "\u{10FFFD}"] {
            let name = letter.repeat(100);
            let long = key(id, &name, Some(&name));
            assert!(long.len() <= MAX_KEY && long.ends_with(id), "{letter}: {}", long.len());
        }
        let none = member_sort_key(id, None, None, None);
        assert!(none.starts_with('m') && none.len() > id.len());
    }
}
