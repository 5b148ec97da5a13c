//! Cells of exported tables.

/// The characters that begin a formula, in ASCII and as East Asian keyboards write them (OWASP, CSV
/// injection; ASVS 1.2.10).
const FORMULA: [char; 12] = ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'];

/// The cell with every formula turned into text (K36; OWASP, CSV injection): at the start of the cell,
/// and after a semicolon, where some spreadsheets split the cell.
pub fn harmless(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len() + 1);
    let mut begins = true;
    for c in cell.chars() {
        if begins && FORMULA.contains(&c) {
            text.push('\'');
        }
        text.push(c);
        begins = c == ';';
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k36_formulas_are_texts() {
        for (cell, then) in [
            ("x;=1+1", "x;'=1+1"),
            ("a;b", "a;b"),
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("＝1+1", "'＝1+1"),
            ("Zoë", "Zoë"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(harmless(cell), then);
        }
    }
}
