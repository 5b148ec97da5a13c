//! The name that was probably meant.

/// The known name that is nearest to a wrong one, if it is near enough.
pub(crate) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    near(name, known).into_iter().next()
}

/// The known names that are nearest to a wrong one, if they are near enough.
pub(crate) fn near<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let distance = |known: &str| strsim::damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase());
    let mut all: Vec<_> = known.into_iter().map(|known| (distance(known), known)).collect();
    // As rustc does: a third of the word may be wrong.
    all.retain(|(distance, _)| *distance <= (name.chars().count().max(3)) / 3);
    all.sort_unstable();
    let nearest = all.first().map(|(distance, _)| *distance);
    all.into_iter().take_while(|(distance, _)| Some(*distance) == nearest).map(|(_, known)| known).collect()
}

/// `did you mean …?`, or all known names.
pub(crate) fn suggestion<'n>(name: &str, known: impl IntoIterator<Item = &'n str> + Clone) -> String {
    if let Some(near) = nearest(name, known.clone()) {
        return format!("did you mean `{near}`?");
    }
    let all: Vec<_> = known.into_iter().map(|known| format!("`{known}`")).collect();
    if all.is_empty() { "there are none".to_owned() } else { format!("there are {}", all.join(", ")) }
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
        assert_eq!(near("ower", ["over", "owner", "tower", "x"]), ["over", "owner", "tower"]);
    }
}
