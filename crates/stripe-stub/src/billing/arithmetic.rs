//! The sums: prorations, what is due, periods, retries.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan as _};

use crate::state::{Period, Recurring};

const DAY: i64 = 24 * 3600;

/// Stripe charges no less than that, in euros and dollars.
pub(crate) const MINIMUM_CHARGE: i64 = 50;

/// How long a pending update waits for its payment.
pub(crate) const PENDING_UPDATE_SECONDS: i64 = 23 * 3600;

/// The price of a quantity for the rest of a period, by the second, rounded to the nearest.
pub(crate) fn prorated(unit_amount: i64, quantity: i64, period: Period, at: i64) -> i64 {
    let whole = i128::from(period.end - period.start).max(1);
    let left = i128::from((period.end - at).clamp(0, period.end - period.start));
    let exact = i128::from(unit_amount) * i128::from(quantity) * left;
    let rounded = (2 * exact + whole).div_euclid(2 * whole);
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

/// What an invoice asks for, and the customer's balance after it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settlement {
    pub(crate) due: i64,
    pub(crate) balance: i64,
}

/// Credits go to the balance, and so does what is too small to charge.
pub(crate) fn settle(total: i64, balance: i64) -> Settlement {
    let owed = total + balance;
    if owed < MINIMUM_CHARGE {
        return Settlement { due: 0, balance: owed };
    }
    Settlement { due: owed, balance: 0 }
}

/// The period that follows the one that ends at `end`. It is counted from the anchor, so that the
/// 31st comes back after a short month.
pub(crate) fn next_period(anchor: i64, recurring: &Recurring, end: i64) -> Period {
    let later = (1_i64..).map_while(|times| after(anchor, recurring, times)).find(|start| *start > end);
    Period { start: end, end: later.unwrap_or(i64::MAX) }
}

fn after(anchor: i64, recurring: &Recurring, times: i64) -> Option<i64> {
    let count = recurring.count.checked_mul(times)?;
    let start = Timestamp::from_second(anchor).ok()?.to_zoned(TimeZone::UTC);
    let span: Span = match recurring.interval.as_str() {
        "day" => count.days(),
        "week" => count.weeks(),
        "month" => count.months(),
        _ => count.years(),
    };
    start.checked_add(span).ok().map(|end| end.timestamp().as_second())
}

/// How long after a failed attempt the next one follows; `None` after the last.
pub(crate) fn retry_after(attempts: usize) -> Option<i64> {
    let days = [3, 5, 7];
    days.get(attempts.checked_sub(1)?).map(|days| days * DAY)
}

/// How long after a failed delivery of a webhook the next one follows. Stripe gives up after three days.
pub(crate) fn redelivery_after(tries: usize) -> Option<i64> {
    const MINUTES: [i64; 9] = [1, 5, 30, 2 * 60, 5 * 60, 10 * 60, 12 * 60, 18 * 60, 24 * 60];
    MINUTES.get(tries.checked_sub(1)?).map(|minutes| minutes * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONTH: Period = Period { start: 0, end: 30 * DAY };

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    #[test]
    fn prorations_are_by_the_second_and_rounded() {
        assert_eq!(prorated(1000, 1, MONTH, 0), 1000);
        assert_eq!(prorated(1000, 3, MONTH, 15 * DAY), 1500);
        assert_eq!(prorated(1000, 1, MONTH, 20 * DAY), 333);
        assert_eq!(prorated(1000, 1, MONTH, 10 * DAY), 667);
        assert_eq!(prorated(1, 1, MONTH, 15 * DAY), 1);
        assert_eq!(prorated(1000, 1, MONTH, 31 * DAY), 0);
        assert_eq!(prorated(i64::MAX, 1, MONTH, 0), i64::MAX);
    }

    #[test]
    fn credits_and_small_sums_go_to_the_balance() {
        for (total, balance, due, after) in [
            (1000, 0, 1000, 0),
            (49, 0, 0, 49),
            (50, 0, 50, 0),
            (1000, 49, 1049, 0),
            (30, 30, 60, 0),
            (-500, 0, 0, -500),
            (1000, -400, 600, 0),
            (300, -400, 0, -100),
            (420, -400, 0, 20),
        ] {
            assert_eq!(settle(total, balance), Settlement { due, balance: after }, "{total} {balance}");
        }
    }

    #[test]
    fn a_month_ends_on_the_day_of_the_anchor() {
        let monthly = Recurring { interval: "month".to_owned(), count: 1 };
        let anchor = at("2026-01-31T10:00:00Z");
        let ends = ["2026-02-28T10:00:00Z", "2026-03-31T10:00:00Z", "2026-04-30T10:00:00Z"];
        let mut end = anchor;
        for expected in ends {
            end = next_period(anchor, &monthly, end).end;
            assert_eq!(end, at(expected));
        }
        let yearly = Recurring { interval: "year".to_owned(), count: 1 };
        assert_eq!(next_period(anchor, &yearly, anchor).end, at("2027-01-31T10:00:00Z"));
    }

    #[test]
    fn three_retries_follow_a_failed_payment() {
        let waits: Vec<_> = (1..).map_while(retry_after).collect();
        assert_eq!(waits, [3 * DAY, 5 * DAY, 7 * DAY]);
        assert!(redelivery_after(1) < redelivery_after(2));
        assert_eq!(redelivery_after(10), None);
    }
}
