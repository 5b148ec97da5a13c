//! The colours of badges.

use seatwise_domain::pack::BADGE_COLORS;
use seatwise_policy::{Bundle, Files};

use super::vocabulary::about;
use crate::finding::Finding;
use crate::suggestion::suggestion;

/// Colours that no client shows.
pub(super) fn findings(bundle: &Bundle, files: &Files) -> Vec<Finding> {
    let pack = bundle.pack();
    let of_roles = pack.roles.iter().enumerate().map(|(index, role)| {
        (vec!["role".to_owned(), index.to_string(), "badge".to_owned()], "role.badge", &role.badge)
    });
    let invited = ["invitation", "badge", "color"].map(ToOwned::to_owned).to_vec();
    let of_invited = (invited, "invitation.badge.color", &pack.invitation.badge.color);
    let all = of_roles.chain([of_invited]);
    all.filter(|(_, _, color)| !BADGE_COLORS.contains(&color.as_str()))
        .map(|(key, name, color)| {
            let key: Vec<&str> = key.iter().map(String::as_str).collect();
            about(files, &key, &format!("`{name}` is the text `{color}`, which is no colour of a badge"))
                .help(&suggestion(color, BADGE_COLORS))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_console_shows_each_color() {
        let style = include_str!("../../../../console/style.js");
        let styled = style.split(".badge[data-color=").skip(1).filter_map(|rest| rest.split(']').next());
        // Gray is how a badge looks by itself.
        let mut shown: Vec<&str> = styled.chain(["gray"]).collect();
        let mut known = BADGE_COLORS.to_vec();
        shown.sort_unstable();
        known.sort_unstable();
        assert_eq!(shown, known);
    }
}
