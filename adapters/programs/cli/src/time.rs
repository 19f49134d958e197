//! Converts between timestamps, in whole seconds since 1970, and times that people read and write.

mod read;

use clap::ValueEnum;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

pub(crate) use read::{Moment, now, read};

/// How times are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Zone {
    /// Local time, by TZ or the system's setting
    #[default]
    Local,
    /// UTC
    Utc,
    /// Numbers, as stored
    Unix,
}

impl Zone {
    /// Returns the time zone, or `None` if times are shown as numbers.
    pub(crate) fn rules(self) -> Option<TimeZone> {
        match self {
            Self::Local => Some(TimeZone::system()),
            Self::Utc => Some(TimeZone::UTC),
            Self::Unix => None,
        }
    }

    /// Returns the name shown below a plot.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Local => TimeZone::system().iana_name().unwrap_or("local time").to_owned(),
            Self::Utc => "UTC".to_owned(),
            Self::Unix => "seconds".to_owned(),
        }
    }

    /// Returns the date and time of a timestamp, or `None` outside of the years -9999 to 9999. Such
    /// a timestamp hardly counts seconds.
    pub(crate) fn date(self, timestamp: i64) -> Option<DateTime> {
        Some(self.rules()?.to_datetime(Timestamp::from_second(timestamp).ok()?))
    }

    /// Formats a timestamp with a `strftime` format. Returns `None` if it is shown as a number.
    pub(crate) fn write(self, timestamp: i64, form: &str) -> Option<String> {
        let time = Timestamp::from_second(timestamp).ok()?.to_zoned(self.rules()?);
        strtime::format(form, &time).ok()
    }

    fn show(self, timestamp: i64) -> String {
        match self.date(timestamp) {
            Some(date) => format!("{} {}", date.date(), date.time()),
            None => timestamp.to_string(),
        }
    }

    /// Returns the time of day if `timestamp` is on the same day as `other`, else the date.
    pub(crate) fn show_short(self, timestamp: i64, other: i64) -> String {
        match (self.date(timestamp), self.date(other)) {
            (Some(date), Some(other)) if date.date() == other.date() => date.time().to_string(),
            (Some(date), _) => date.date().to_string(),
            (None, _) => timestamp.to_string(),
        }
    }

    /// Formats a range of time. If it lies within one day, the date is shown once.
    pub(crate) fn show_span(self, (first, last): (i64, i64)) -> String {
        let day = |time| self.date(time).map(DateTime::date);
        let same = day(first) == day(last);
        let end = if same { self.show_short(last, first) } else { self.show(last) };
        format!("{} to {end}", self.show(first))
    }
}

/// The format of times in tables.
pub(crate) const FOR_PEOPLE: &str = "%Y-%m-%d %H:%M:%S %Z";
/// The format of RFC 3339, which has no spaces.
pub(crate) const FOR_PROGRAMS: &str = "%Y-%m-%dT%H:%M:%S%:z";

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_150_804_800; // 2006-06-20 12:00:00 UTC

    #[test]
    fn a_timestamp_without_a_date_is_shown_as_a_number() {
        assert_eq!(Zone::Utc.show(NOON), "2006-06-20 12:00:00");
        assert_eq!(Zone::Unix.show(NOON), "1150804800");
        assert_eq!(Zone::Utc.show(-1), "1969-12-31 23:59:59");
        for odd in [i64::MIN, i64::MAX, NOON * 1_000] {
            assert_eq!(Zone::Utc.show(odd), odd.to_string());
        }
    }

    #[test]
    fn the_date_of_the_same_day_is_not_repeated() {
        let utc = Zone::Utc;
        assert_eq!(utc.show_short(NOON, NOON + 3_600), "12:00:00");
        assert_eq!(utc.show_short(NOON, NOON + 43_200), "2006-06-20");
        assert_eq!(utc.show_span((NOON, NOON + 90)), "2006-06-20 12:00:00 to 12:01:30");
        let next_day = utc.show_span((NOON, NOON + 86_400));
        assert_eq!(next_day, "2006-06-20 12:00:00 to 2006-06-21 12:00:00");
        assert_eq!(Zone::Unix.show_span((1, 2)), "1 to 2");
    }

    #[test]
    fn a_time_within_the_calendar_is_written_with_its_zone() {
        let write = |timestamp, form| Zone::Utc.write(timestamp, form);
        assert_eq!(write(NOON, FOR_PEOPLE).as_deref(), Some("2006-06-20 12:00:00 UTC"));
        assert_eq!(write(NOON, FOR_PROGRAMS).as_deref(), Some("2006-06-20T12:00:00+00:00"));
        for timestamp in [i64::MIN, i64::MAX, 1 << 40, -(1 << 40)] {
            assert_eq!(write(timestamp, FOR_PEOPLE), None);
        }
        assert_eq!(Zone::Unix.write(0, FOR_PEOPLE), None);
    }
}
