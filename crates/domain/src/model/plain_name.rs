//! Names in mails. A mail program turns some texts into links; a name must not become one (K49, K40).

use unicode_normalization::UnicodeNormalization as _;

use super::text::is_visible;

/// The characters that mail programs and browsers take for the dot of a host name and that NFKC keeps
/// (UTS 46 section 2.3).
const OTHER_DOTS: [char; 1] = ['\u{3002}'];

/// The name as a mail shows it; `None` if nothing of it is left.
///
/// A name with nothing that could become a link stays as it is. In any other name, spaces stand for the
/// characters that make links: `https://evil.example/x` becomes `https evil example x`.
pub fn without_links(name: &str) -> Option<String> {
    // What a mail program may see: compatibility forms (such as fullwidth letters and dots) as their usual
    // forms, and no invisible characters.
    let seen: String = name.nfkc().filter(|c| is_visible(*c) || c.is_whitespace()).collect();
    let seen: Vec<char> = seen.chars().map(|c| if OTHER_DOTS.contains(&c) { '.' } else { c }).collect();
    if !has_link(&seen) {
        return Some(name.to_owned());
    }
    let broken: String = seen.iter().map(|c| if makes_links(*c) { ' ' } else { *c }).collect();
    let words: Vec<&str> = broken.split_whitespace().collect();
    let is_name = broken.chars().any(char::is_alphanumeric);
    is_name.then(|| words.join(" "))
}

fn makes_links(c: char) -> bool {
    matches!(c, '.' | '@' | ':' | '/' | '\\')
}

/// Whether the text has an address, a host or the start of a link. Doubtful cases count.
fn has_link(text: &[char]) -> bool {
    let at = |index: usize| text.get(index).copied();
    let is_dark = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
    text.iter().enumerate().any(|(index, c)| {
        let before = index.checked_sub(1).and_then(at);
        let after = at(index + 1);
        match c {
            '@' => is_dark(before) || is_dark(after),
            // `mailto:x`, `tel:1`; but not `10:30`.
            ':' => before.is_some_and(char::is_alphabetic) && is_dark(after),
            '/' | '\\' => after == Some(*c),
            '.' => is_dark(before) && (is_host_label(&text[index + 1..]) || ends_www(&text[..index])),
            _ => false,
        }
    })
}

/// Whether the text begins with what could end a host name: two or more characters, one of them no digit, or
/// the rest of an IPv4 address.
fn is_host_label(text: &[char]) -> bool {
    let is_part = |c: &&char| c.is_alphanumeric() || **c == '-' || !c.is_ascii() && !c.is_whitespace();
    let label: Vec<&char> = text.iter().take_while(is_part).collect();
    let is_number = label.iter().all(|c| c.is_ascii_digit());
    if is_number {
        let rest: String = text.iter().take_while(|c| c.is_ascii_digit() || **c == '.').collect();
        return rest.split('.').filter(|part| !part.is_empty()).count() >= 3;
    }
    label.len() >= 2
}

fn ends_www(text: &[char]) -> bool {
    let last: String = text.iter().rev().take(3).collect();
    last.eq_ignore_ascii_case("www")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k49_a_name_with_a_link_is_broken_in_every_spelling() {
        for (name, then) in [
            ("https://evil.example/x", "https evil example x"),
            ("HTTP://EVIL.EXAMPLE", "HTTP EVIL EXAMPLE"),
            ("Win at evil.example/x now", "Win at evil example x now"),
            ("www.evil", "www evil"),
            ("WWW.e", "WWW e"),
            ("evil．example", "evil example"),
            ("evil。example", "evil example"),
            ("evil｡example", "evil example"),
            ("evil․example", "evil example"),
            ("evil﹒example", "evil example"),
            ("ｅｖｉｌ.ｅｘａｍｐｌｅ", "evil example"),
            ("evil\u{200B}.\u{200B}example", "evil example"),
            ("evil.\u{AD}example", "evil example"),
            ("evil.ex\u{2060}ample", "evil example"),
            ("hxxp：／／evil", "hxxp evil"),
            ("me@evil", "me evil"),
            ("me＠evil.example", "me evil example"),
            ("@evil", "evil"),
            ("mailto:me", "mailto me"),
            ("tel:+49123", "tel +49123"),
            ("//evil", "evil"),
            ("\\\\evil\\share", "evil share"),
            ("10.0.0.1", "10 0 0 1"),
            ("bücher.рф", "bücher рф"),
            ("例え.テスト", "例え テスト"),
            ("💩.la", "💩 la"),
            ("evil.example.", "evil example"),
            ("(evil.example)", "(evil example)"),
            ("a.co", "a co"),
            ("Node.js", "Node js"),
            ("[x](https://e)", "[x](https e)"),
            ("℀.example", "a c example"),
        ] {
            assert_eq!(without_links(name).as_deref(), Some(then), "{name}");
            let again = without_links(then);
            assert_eq!(again.as_deref(), Some(then), "{name}: the outcome has no link");
        }
        for nothing in ["://", "@.@", "//"] {
            assert_eq!(without_links(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn k49_a_name_without_a_link_stays_as_it_is() {
        for name in [
            "Acme",
            "Acme Inc.",
            "J.R. Smith",
            "J. R. R. Tolkien",
            "Dr. Émile Zola",
            "東京オフィス",
            "24/7 Support",
            "Support 10:30",
            "Version 2.10",
            "No.1",
            "R&D / Ops",
            "Team: North",
            "AT&T",
            "Ünal & Söhne",
            "C++",
            "…",
            "Łódź – office",
            "<b>Olga</b>",
            "O'Neill",
            "ﬁne",
            "你好。",
            "a. b",
            "Tea @ Acme",
        ] {
            assert_eq!(without_links(name).as_deref(), Some(name));
        }
    }
}
