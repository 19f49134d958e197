//! The distances between ticks.

use jiff::civil::{Date, DateTime, DateTimeRound, Time};
use jiff::{RoundMode, Span, ToSpan, Unit};

/// The distance from one tick to the next, which divides the unit above it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    unit: Unit,
    count: i64,
}

const THOUSANDTHS: &[i64] = &[1, 2, 5, 10, 20, 50, 100, 200, 500];
const SIXTIETHS: &[i64] = &[1, 2, 5, 10, 15, 30];
const YEARS: &[i64] = &[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000];

const STEPS: [(Unit, &[i64]); 9] = [
    (Unit::Nanosecond, THOUSANDTHS),
    (Unit::Microsecond, THOUSANDTHS),
    (Unit::Millisecond, THOUSANDTHS),
    (Unit::Second, SIXTIETHS),
    (Unit::Minute, SIXTIETHS),
    (Unit::Hour, &[1, 2, 3, 6, 12]),
    (Unit::Day, &[1, 2, 7]),
    (Unit::Month, &[1, 3, 6]),
    (Unit::Year, YEARS),
];

/// A Monday, so that ticks seven days apart are Mondays.
const MONDAY: Date = Date::constant(1970, 1, 5);

impl Step {
    /// Returns the shortest step of at least so many nanoseconds.
    pub(super) fn of(nanoseconds: i128) -> Self {
        let counts = |(unit, counts): (Unit, &'static [i64])| {
            counts.iter().map(move |&count| Self { unit, count })
        };
        let mut steps = STEPS.into_iter().flat_map(counts);
        let longest = Self { unit: Unit::Year, count: 5_000 };
        steps.find(|step| step.length() >= nanoseconds).unwrap_or(longest)
    }

    /// Returns the length in nanoseconds, for months and years that of the mean.
    fn length(self) -> i128 {
        let unit = match self.unit {
            Unit::Nanosecond => 1,
            Unit::Microsecond => 1_000,
            Unit::Millisecond => 1_000_000,
            Unit::Second => SECOND,
            Unit::Minute => 60 * SECOND,
            Unit::Hour => 3_600 * SECOND,
            Unit::Day => 86_400 * SECOND,
            Unit::Month => 2_629_746 * SECOND,
            _ => 31_556_952 * SECOND,
        };
        unit * i128::from(self.count)
    }

    /// Returns whether the ticks are dates, not times of day.
    pub(super) fn is_of_dates(self) -> bool {
        self.unit >= Unit::Day
    }

    /// Returns whether `date` is a multiple of the step, or, for dates, lies in a day, month or year
    /// that is one.
    pub(super) fn is_at(self, date: DateTime) -> bool {
        let multiple = match self.unit {
            Unit::Year => i64::from(date.year()),
            Unit::Month => i64::from(date.month()) - 1,
            Unit::Day => days(date),
            _ => return self.rounded(date) == Some(date),
        };
        multiple.rem_euclid(self.count) == 0
    }

    /// Returns whether two dates lie in the same day, month or year.
    pub(super) fn is_same(self, one: DateTime, other: DateTime) -> bool {
        let shown = |date: DateTime| match self.unit {
            Unit::Year => (date.year(), 0, 0),
            Unit::Month => (date.year(), date.month(), 0),
            _ => (date.year(), date.month(), date.day()),
        };
        shown(one) == shown(other)
    }

    /// Returns the multiples of the step in ascending order, beginning with one at, shortly before
    /// or shortly after `date`. None after `date` is left out.
    pub(super) fn multiples(self, date: DateTime) -> impl Iterator<Item = DateTime> {
        let first = self.near(date);
        let span = move |number: i64| self.span(self.count.checked_mul(number)?);
        (0..).map_while(move |number| first?.checked_add(span(number)?).ok())
    }

    fn near(self, date: DateTime) -> Option<DateTime> {
        let midnight = |date: Date| date.to_datetime(Time::midnight());
        // Counts of months are at most 6, those of years at most 5,000.
        match self.unit {
            Unit::Year => {
                let year = date.year() + (-date.year()).rem_euclid(self.count as i16);
                Date::new(year, 1, 1).ok().map(midnight)
            }
            Unit::Month => {
                let month = date.month() - (date.month() - 1) % self.count as i8;
                Date::new(date.year(), month, 1).ok().map(midnight)
            }
            Unit::Day => {
                let back = days(date).rem_euclid(self.count);
                Some(midnight(date.date().checked_sub(back.days()).unwrap_or(Date::MIN)))
            }
            _ => self.rounded(date),
        }
    }

    /// Rounds a date down to a multiple of a step of times of day.
    fn rounded(self, date: DateTime) -> Option<DateTime> {
        let round = DateTimeRound::new().smallest(self.unit).increment(self.count);
        date.round(round.mode(RoundMode::Trunc)).ok()
    }

    fn span(self, count: i64) -> Option<Span> {
        let span = Span::new();
        let span = match self.unit {
            Unit::Nanosecond => span.try_nanoseconds(count),
            Unit::Microsecond => span.try_microseconds(count),
            Unit::Millisecond => span.try_milliseconds(count),
            Unit::Second => span.try_seconds(count),
            Unit::Minute => span.try_minutes(count),
            Unit::Hour => span.try_hours(count),
            Unit::Day => span.try_days(count),
            Unit::Month => span.try_months(count),
            _ => span.try_years(count),
        };
        span.ok()
    }

    pub(super) fn label(self, date: DateTime) -> String {
        let form = match self.unit {
            Unit::Year => "%Y",
            Unit::Month => "%Y-%m",
            Unit::Day => "%m-%d",
            _ if date.time() == Time::midnight() => "%m-%d",
            Unit::Hour | Unit::Minute => "%H:%M",
            Unit::Second => "%H:%M:%S",
            Unit::Millisecond => "%H:%M:%S%.3f",
            Unit::Microsecond => "%H:%M:%S%.6f",
            _ => "%H:%M:%S%.9f",
        };
        date.strftime(form).to_string()
    }
}

const SECOND: i128 = 1_000_000_000;

/// Returns the days since a Monday.
fn days(date: DateTime) -> i64 {
    date.date().duration_since(MONDAY).as_hours() / 24
}
