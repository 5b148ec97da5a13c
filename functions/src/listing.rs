//! Lists that are read whole, then filtered, sorted and cut into pages.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use seatwise_store::Direction;

use crate::problem::Problem;
use crate::wire::{CursorText, Limit, Page, bad_cursor};

/// The place of an item in the order of a list. A cursor holds the place of the last item of a page, so
/// an item that appears or disappears between two pages neither repeats nor hides another item.
pub type SortKey = (String, String);

/// Sorts `items` by their places and takes the page that follows `cursor`. `order` names the list
/// and what it is sorted by: a cursor of another order would skip some and repeat others.
pub fn page<T>(
    order: &str,
    mut items: Vec<(SortKey, T)>,
    direction: Direction,
    limit: Limit,
    cursor: Option<&CursorText>,
) -> Result<Page<T>, Problem> {
    let after = cursor.map(|cursor| place(order, direction, cursor)).transpose()?;
    items.sort_by(|(a, _), (b, _)| if direction == Direction::Up { a.cmp(b) } else { b.cmp(a) });
    if let Some(after) = after {
        items.retain(|(place, _)| if direction == Direction::Up { *place > after } else { *place < after });
    }
    let limit = usize::try_from(limit.0).unwrap_or(usize::MAX);
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next_cursor =
        items.last().filter(|_| has_more).map(|(place, _)| self::cursor(order, direction, place));
    Ok(Page { items: items.into_iter().map(|(_, item)| item).collect(), next_cursor })
}

/// The cursor of the page that follows this place.
pub fn cursor(order: &str, direction: Direction, (key, id): &SortKey) -> String {
    URL_SAFE_NO_PAD.encode(format!("{order} {direction:?}\n{key}\n{id}"))
}

/// The place that a cursor of this order names.
pub fn place(order: &str, direction: Direction, cursor: &CursorText) -> Result<SortKey, Problem> {
    decode(&format!("{order} {direction:?}"), cursor.as_str()).ok_or_else(bad_cursor)
}

fn decode(order: &str, cursor: &str) -> Option<SortKey> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (key, id) = text.strip_prefix(order)?.strip_prefix('\n')?.rsplit_once('\n')?;
    Some((key.to_owned(), id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k42_pages_make_the_whole_list() {
        for direction in [Direction::Up, Direction::Down] {
            let all = || (0..25).map(|n| ((format!("k{}", n % 7), format!("{n:02}")), n)).collect::<Vec<_>>();
            let whole = page("all", all(), direction, Limit(100), None).unwrap().items;
            let mut pages = Vec::new();
            let mut cursor: Option<CursorText> = None;
            loop {
                let page = page("all", all(), direction, Limit(4), cursor.as_ref()).unwrap();
                assert!(page.items.len() <= 4);
                pages.extend(page.items);
                cursor = page.next_cursor.map(|cursor| CursorText::try_from(cursor).unwrap());
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(pages, whole);
        }
    }

    #[test]
    fn forged_cursors_are_refused() {
        for bad in ["", "%%%", &"A".repeat(3001)] {
            assert!(CursorText::try_from(bad.to_owned()).is_err(), "{bad}");
        }
        for bad in ["AAAA", &"A".repeat(3000)] {
            let cursor = CursorText::try_from(bad.to_owned()).unwrap();
            let items = vec![((String::new(), String::new()), 0)];
            assert!(page("all", items, Direction::Up, Limit(1), Some(&cursor)).is_err(), "{bad}");
        }
    }
}
