//! The result of a verification as text.

use std::fmt::Write as _;

use seatwise_domain::EventLog;
use seatwise_seal::{Expectation, LogReport};

use crate::counted::{counted, counted_as};

/// The most faults of one log that are shown.
const MOST_SHOWN: usize = 100;

/// A line for the log, and a line for each fault.
pub(super) fn text(log: EventLog, report: &LogReport) -> String {
    let mut parts =
        vec![counted(report.digests, "digest"), format!("{} unchanged", counted(report.unchanged, "event"))];
    if report.expired > 0 {
        parts.push(format!("{} expired", report.expired));
    }
    if report.not_compared > 0 {
        parts.push(format!("{} not compared", report.not_compared));
    }
    if report.unsealed > 0 {
        let oldest = report.oldest_unsealed.map(|time| time.strftime(", the oldest of %Y-%m-%d %H:%M UTC"));
        let oldest = oldest.map(|text| text.to_string()).unwrap_or_default();
        parts.push(format!("{} not sealed yet{oldest}", report.unsealed));
    }
    if report.expectation == Some(Expectation::Expired) {
        parts.push("the expected digest has expired".to_owned());
    }
    if !report.faults.is_empty() {
        parts.push(counted_as(report.faults.len(), "FAULT", "FAULTS"));
    }
    let last = report.last.as_ref().map(|last| format!("; last digest {}:{}", last.number, last.hash.0));
    let mut text = format!("{log}: {}{}\n", parts.join(", "), last.unwrap_or_default());
    for fault in report.faults.iter().take(MOST_SHOWN) {
        let _ = writeln!(text, "    {fault}");
    }
    if report.faults.len() > MOST_SHOWN {
        let _ = writeln!(text, "    and {} more", report.faults.len() - MOST_SHOWN);
    }
    text
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use seatwise_domain::{DigestHash, EventId};
    use seatwise_seal::{ExpectedDigest, SealFault};

    use super::*;

    #[test]
    fn a_log_is_a_line_and_each_fault_another() {
        let clean = LogReport {
            digests: 1,
            unchanged: 4,
            last: Some(ExpectedDigest { number: 1, hash: DigestHash("ab".to_owned()) }),
            ..LogReport::default()
        };
        let line = text(EventLog::Platform, &clean);
        assert_eq!(line, "platform: 1 digest, 4 events unchanged; last digest 1:ab\n");
        let bad = LogReport {
            expired: 2,
            not_compared: 3,
            unsealed: 1,
            oldest_unsealed: Some(Timestamp::UNIX_EPOCH),
            expectation: Some(Expectation::Expired),
            faults: (0..102).map(|_| SealFault::Added(EventId::SMALLEST)).collect(),
            ..clean
        };
        let lines = text(EventLog::Platform, &bad);
        let (first, rest) = lines.split_once('\n').unwrap();
        assert_eq!(
            first,
            "platform: 1 digest, 4 events unchanged, 2 expired, 3 not compared, 1 not sealed yet, the oldest of \
             1970-01-01 00:00 UTC, the expected digest has expired, 102 FAULTS; last digest 1:ab"
        );
        assert_eq!(rest.lines().count(), 101);
        assert_eq!(rest.lines().last(), Some("    and 2 more"));
    }
}
