//! Contradictions of the ways in.

use super::FaultList;
use crate::pack::joining::{Channel, InvitedRole, WhenFull};
use crate::pack::product::Pack;
use crate::pack::seats::SeatModel;

impl Pack {
    pub(super) fn faults_of_joining(&self, faults: &mut FaultList) {
        let (joining, invitation) = (&self.joining, &self.invitation);
        let has_seatless = self.roles_given.seatless.is_some();
        faults.add(
            joining.when_full == WhenFull::Seatless && !has_seatless,
            &["joining", "when-full"],
            || "`seatless` needs `roles-given.seatless`, the role of who finds no seat".into(),
        );
        faults.add(
            joining.when_full == WhenFull::Seatless && self.seats.model == SeatModel::None,
            &["joining", "when-full"],
            || "there are no seats that could run out: leave `when-full` out".into(),
        );
        faults.add(
            joining.auto_assign.is_some() && self.seats.model == SeatModel::None,
            &["joining", "auto-assign"],
            || "there are no seats to assign: leave `auto-assign` out".into(),
        );
        faults.add(joining.auto_assign.is_some() && !has_seatless, &["joining", "auto-assign"], || {
            "who takes no seat needs a role: give `roles-given.seatless`".into()
        });
        faults.add_of_value(invitation.channels.is_empty(), &["invitation", "channels"], || {
            "there is no way in: name at least one of `email`, `single-use`, `link`, `domain`".into()
        });
        faults.add(
            invitation.role == InvitedRole::ByLink && !self.offers(Channel::Link),
            &["invitation", "role"],
            || "`by-link` needs the channel `link`".into(),
        );
        faults.add_of_value(self.members.max == Some(0), &["members", "max"], || {
            "`members.max` must be at least 1, for the creator".into()
        });
    }
}
