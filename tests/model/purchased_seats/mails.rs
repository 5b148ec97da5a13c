//! Mails: how many go out, and the rest after a declined invitation (K49).

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::History;
use crate::model::log::No;

/// The limits of the pack that histories run under: low, so that they are reached.
pub(super) const LIMITS: &str = "[mail]\nworkspace-to-address = 3\nsender-to-address = 4\nsender = 12\n\
    after-decline = \"P2D\"\n\n[workspaces]\ncreated-per-person = 10000\n\n[leave]";
const TO_ADDRESS: [u32; 2] = [3, 4];
const OF_SENDER: u32 = 12;
const REST: SignedDuration = SignedDuration::from_hours(48);
const TOO_MANY: No = (429, "too_many_mails");

/// Whose mails are counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sender {
    Room(usize),
    Person(usize),
}

/// The mails that went out, and the people who declined.
#[derive(Default)]
pub(super) struct Mails {
    /// By day, sender, and whom they went to; to nobody in particular: to all.
    sent: BTreeMap<(Date, Sender, Option<usize>), u32>,
    /// By room and person: when they declined, and whether they asked not to be invited again.
    declined: BTreeMap<(usize, usize), (Timestamp, bool)>,
}

impl History {
    fn today(&self) -> Date {
        self.now().to_zoned(TimeZone::UTC).date()
    }

    /// Whether somebody may be invited into a room at all.
    pub(super) fn judge_wanted(&self, room: usize, to: usize) -> Result<(), No> {
        match self.mails.declined.get(&(room, to)) {
            Some((_, true)) => Err((403, "invitation_declined")),
            _ => Ok(()),
        }
    }

    /// Whether a mail may go out.
    pub(super) fn judge_mail(&self, room: usize, by: usize, to: usize) -> Result<(), No> {
        let day = self.today();
        let sent = |sender, to| self.mails.sent.get(&(day, sender, to)).copied().unwrap_or_default();
        let rests = self.mails.declined.get(&(room, to)).is_some_and(|(at, _)| self.now() < *at + REST);
        let is_over = rests
            || sent(Sender::Room(room), Some(to)) >= TO_ADDRESS[0]
            || sent(Sender::Person(by), Some(to)) >= TO_ADDRESS[1]
            || sent(Sender::Person(by), None) >= OF_SENDER;
        if is_over { Err(TOO_MANY) } else { Ok(()) }
    }

    pub(super) fn take_mail(&mut self, room: usize, by: usize, to: usize) {
        let day = self.today();
        for sender in [Sender::Room(room), Sender::Person(by)] {
            for to in [Some(to), None] {
                *self.mails.sent.entry((day, sender, to)).or_default() += 1;
            }
        }
    }

    pub(super) fn take_decline(&mut self, room: usize, who: usize, not_again: bool) {
        let now = self.now();
        self.mails.declined.insert((room, who), (now, not_again));
    }

    /// Who joins with their address is no longer one who declined.
    pub(super) fn forget_decline(&mut self, room: usize, who: usize) {
        self.mails.declined.remove(&(room, who));
    }
}
