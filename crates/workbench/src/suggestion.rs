//! The name that was probably meant.

/// The known name that is nearest to a wrong one, if it is near enough.
pub(crate) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let distance = |known: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase());
    let near = known.into_iter().map(|known| (distance(known), known)).min()?;
    // As rustc does: a third of the word may be wrong.
    (near.0 <= (name.chars().count().max(3)) / 3).then_some(near.1)
}

/// `did you mean …?`, or all known names.
pub(crate) fn suggestion<'n>(name: &str, known: impl IntoIterator<Item = &'n str> + Clone) -> String {
    if let Some(near) = nearest(name, known.clone()) {
        return format!("did you mean `{near}`?");
    }
    let all: Vec<_> = known.into_iter().map(|known| format!("`{known}`")).collect();
    if all.is_empty() { "there are none".to_owned() } else { format!("there are {}", all.join(", ")) }
}

/// The suggestion for a message that names in backticks first what is wrong, and then what is known.
pub(crate) fn suggestion_in(message: &str) -> Option<String> {
    let mut named = message.split('`').skip(1).step_by(2);
    let wrong = named.next()?;
    nearest(wrong, named).map(|near| format!("did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_near_are_suggested() {
        let known = ["owner", "admin", "member"];
        assert_eq!(suggestion("admn", known), "did you mean `admin`?");
        assert_eq!(suggestion("Owner", known), "did you mean `owner`?");
        assert_eq!(suggestion("guest", known), "there are `owner`, `admin`, `member`");
        assert_eq!(suggestion("x", []), "there are none");
        assert_eq!(
            suggestion_in("unknown field `labl`, expected one of `id`, `label`"),
            Some("did you mean `label`?".to_owned())
        );
    }
}
