//! Durations in a pack.

use jiff::fmt::temporal::SpanParser;
use jiff::{SignedDuration, Span, Timestamp, tz::TimeZone};
use serde::Deserialize;

/// The text is not a [`Lifetime`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a positive ISO 8601 duration of at most ten years such as P7D or PT36H; months and years are \
     not allowed"
)]
pub struct BadLifetime;

/// The text is not a [`BillingPeriod`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a positive ISO 8601 duration such as P1M or P30D; times of day are not allowed")]
pub struct BadBillingPeriod;

/// An ISO 8601 duration. Other forms, such as `7 days`, would be a language of their own.
fn iso_8601(text: &str) -> Option<Span> {
    let is_iso = text.starts_with('P') && !text.contains(|c: char| c.is_ascii_lowercase());
    SpanParser::new().parse_span(text).ok().filter(|_| is_iso)
}

/// A length of time in weeks, days and smaller units, a day being 24 hours: `P7D`, `PT36H`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Lifetime(SignedDuration);

impl TryFrom<String> for Lifetime {
    type Error = BadLifetime;
    fn try_from(text: String) -> Result<Self, BadLifetime> {
        let span = iso_8601(&text).ok_or(BadLifetime)?;
        let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| BadLifetime)?;
        // Far below what a timestamp can hold, so that adding never fails.
        let sensible = SignedDuration::ZERO < length && length <= SignedDuration::from_hours(24 * 3660);
        if sensible { Ok(Self(length)) } else { Err(BadLifetime) }
    }
}

impl Lifetime {
    /// A number of days, for the defaults of settings.
    pub(super) const fn of_days(days: i64) -> Self {
        Self(SignedDuration::from_hours(24 * days))
    }

    /// The length.
    pub fn length(self) -> SignedDuration {
        self.0
    }

    /// The moment that far after `start`.
    pub fn after(self, start: Timestamp) -> Timestamp {
        start.saturating_add(self.0).unwrap_or(Timestamp::MAX)
    }
}

/// A billing period: a whole number of calendar months or years, or of days.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct BillingPeriod(Span);

impl TryFrom<String> for BillingPeriod {
    type Error = BadBillingPeriod;
    fn try_from(text: String) -> Result<Self, BadBillingPeriod> {
        let span = iso_8601(&text).ok_or(BadBillingPeriod)?;
        let is_sensible = matches!(months_and_days(span), (1..=120, 0) | (0, 1..=3660));
        let has_time = text.contains('T');
        if is_sensible && !has_time { Ok(Self(span)) } else { Err(BadBillingPeriod) }
    }
}

/// The length of a billing period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodLength {
    /// That many calendar months.
    Months(u64),
    /// That many days.
    Days(u64),
}

fn months_and_days(span: Span) -> (i64, i64) {
    let months = i64::from(span.get_years()) * 12 + i64::from(span.get_months());
    (months, i64::from(span.get_days()) + i64::from(span.get_weeks()) * 7)
}

impl BillingPeriod {
    /// How long it is.
    pub fn length(self) -> PeriodLength {
        match months_and_days(self.0) {
            (0, days) => PeriodLength::Days(days.unsigned_abs()),
            (months, _) => PeriodLength::Months(months.unsigned_abs()),
        }
    }

    /// The start and the end of the period, of those that follow each other from `anchor` on, that `now` is in.
    /// Counted from the anchor, so that the 31st stays the 31st where a month has one.
    pub fn around(self, anchor: Timestamp, now: Timestamp) -> (Timestamp, Timestamp) {
        let start = anchor.to_zoned(TimeZone::UTC);
        let nth = |n: i64| {
            self.0
                .checked_mul(n)
                .and_then(|span| start.checked_add(span))
                .map_or(Timestamp::MAX, |end| end.timestamp())
        };
        // Double, then halve, instead of walking. The shortest period is a day, and a timestamp
        // spans fewer than 2^23 of them.
        let mut above = 1;
        while above < 1 << 23 && nth(above) <= now {
            above *= 2;
        }
        let mut below = above / 2;
        while above - below > 1 {
            let middle = i64::midpoint(above, below);
            if nth(middle) <= now { below = middle } else { above = middle }
        }
        (nth(below), nth(above))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_ends_on_the_anchors_day() {
        let month = BillingPeriod::try_from("P1M".to_owned()).unwrap();
        let anchor = at("2026-01-31T10:00:00Z");
        for (now, end) in [
            ("2026-01-31T10:00:00Z", "2026-02-28T10:00:00Z"),
            ("2026-02-28T09:59:59Z", "2026-02-28T10:00:00Z"),
            ("2026-02-28T10:00:00Z", "2026-03-31T10:00:00Z"),
            ("2030-06-01T00:00:00Z", "2030-06-30T10:00:00Z"),
            ("2025-06-01T00:00:00Z", "2026-02-28T10:00:00Z"),
        ] {
            assert_eq!(month.around(anchor, at(now)).1, at(end), "{now}");
        }
    }

    #[test]
    fn a_period_starts_at_the_end_of_the_one_before() {
        let month = BillingPeriod::try_from("P1M".to_owned()).unwrap();
        let anchor = at("2026-01-31T10:00:00Z");
        for (now, start) in [
            ("2026-02-28T09:59:59Z", "2026-01-31T10:00:00Z"),
            ("2026-02-28T10:00:00Z", "2026-02-28T10:00:00Z"),
            ("2026-05-01T10:00:00Z", "2026-04-30T10:00:00Z"),
        ] {
            assert_eq!(month.around(anchor, at(now)).0, at(start), "{now}");
        }
    }

    #[test]
    fn a_period_is_months_or_days() {
        for (text, length) in [
            ("P1M", PeriodLength::Months(1)),
            ("P1Y6M", PeriodLength::Months(18)),
            ("P30D", PeriodLength::Days(30)),
            ("P2W", PeriodLength::Days(14)),
        ] {
            assert_eq!(BillingPeriod::try_from(text.to_owned()).unwrap().length(), length, "{text}");
        }
    }

    #[test]
    fn a_period_survives_the_end_of_time() {
        let day = BillingPeriod::try_from("P1D".to_owned()).unwrap();
        assert!(day.around(at("2026-01-01T00:00:00Z"), Timestamp::MAX).1 >= at("9999-12-30T00:00:00Z"));
    }

    #[test]
    fn a_length_of_time_is_in_weeks_days_and_smaller_units() {
        for (text, hours) in [("P7D", 168), ("PT36H", 36), ("P1W", 168), ("P1DT12H", 36), ("PT90M", 1)] {
            assert_eq!(Lifetime::try_from(text.to_owned()).unwrap().length().as_hours(), hours, "{text}");
        }
    }

    #[test]
    fn durations_that_mean_nothing_are_refused() {
        for bad in ["", "7 days", "7d", "p7d", "P7d", "+P7D", "P7D ", "P0D", "-P7D", "P1M", "P1DT", "P999Y"] {
            assert!(Lifetime::try_from(bad.to_owned()).is_err(), "{bad}");
        }
        for bad in ["P0D", "-P1M", "P1M3D", "PT1H", "P1MT0.001S", "1 month", "P1000Y"] {
            assert!(BillingPeriod::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
