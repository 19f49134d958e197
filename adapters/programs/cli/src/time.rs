//! Times: what people write and read, and the whole seconds since 1970 of the protocol's custom.

mod read;

use clap::ValueEnum;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

pub(crate) use read::{now, read};

/// How times are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Zone {
    /// As a clock here shows them: by TZ, or as the system is set
    #[default]
    Local,
    /// In UTC
    Utc,
    /// As the numbers that they are
    Unix,
}

impl Zone {
    pub(crate) fn rules(self) -> Option<TimeZone> {
        match self {
            Self::Local => Some(TimeZone::system()),
            Self::Utc => Some(TimeZone::UTC),
            Self::Unix => None,
        }
    }

    pub(crate) fn name(self) -> String {
        match self {
            Self::Local => TimeZone::system().iana_name().unwrap_or("local time").to_owned(),
            Self::Utc => "UTC".to_owned(),
            Self::Unix => "seconds".to_owned(),
        }
    }

    /// The date that a timestamp stands for. There is none outside of the years -9999 to 9999: such
    /// timestamps hardly count seconds.
    pub(crate) fn date(self, timestamp: i64) -> Option<DateTime> {
        Some(self.rules()?.to_datetime(Timestamp::from_second(timestamp).ok()?))
    }

    /// The time and its zone in a `strftime` form, or none if the number is to be shown.
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

    /// The time of the day if that is the day of `other`, else the date.
    pub(crate) fn show_short(self, timestamp: i64, other: i64) -> String {
        match (self.date(timestamp), self.date(other)) {
            (Some(date), Some(other)) if date.date() == other.date() => date.time().to_string(),
            (Some(date), _) => date.date().to_string(),
            (None, _) => timestamp.to_string(),
        }
    }

    /// From when to when; the date of a day is said once.
    pub(crate) fn show_span(self, (first, last): (i64, i64)) -> String {
        let day = |time| self.date(time).map(DateTime::date);
        let same = day(first) == day(last);
        let end = if same { self.show_short(last, first) } else { self.show(last) };
        format!("{} to {end}", self.show(first))
    }
}

/// For tables.
pub(crate) const FOR_PEOPLE: &str = "%Y-%m-%d %H:%M:%S %Z";
/// Without spaces, as RFC 3339 has it.
pub(crate) const FOR_PROGRAMS: &str = "%Y-%m-%dT%H:%M:%S%:z";

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_150_804_800; // 2006-06-20 12:00:00 UTC

    #[test]
    fn a_time_is_a_date_where_there_is_one() {
        assert_eq!(Zone::Utc.show(NOON), "2006-06-20 12:00:00");
        assert_eq!(Zone::Unix.show(NOON), "1150804800");
        assert_eq!(Zone::Utc.show(-1), "1969-12-31 23:59:59");
        for odd in [i64::MIN, i64::MAX, NOON * 1_000] {
            assert_eq!(Zone::Utc.show(odd), odd.to_string());
        }
    }

    #[test]
    fn the_same_day_is_not_said_again() {
        let utc = Zone::Utc;
        assert_eq!(utc.show_short(NOON, NOON + 3_600), "12:00:00");
        assert_eq!(utc.show_short(NOON, NOON + 43_200), "2006-06-20");
        assert_eq!(utc.show_span((NOON, NOON + 90)), "2006-06-20 12:00:00 to 12:01:30");
        let next_day = utc.show_span((NOON, NOON + 86_400));
        assert_eq!(next_day, "2006-06-20 12:00:00 to 2006-06-21 12:00:00");
        assert_eq!(Zone::Unix.show_span((1, 2)), "1 to 2");
    }

    #[test]
    fn a_time_is_written_with_its_zone_while_the_calendar_has_it() {
        let write = |timestamp, form| Zone::Utc.write(timestamp, form);
        assert_eq!(write(NOON, FOR_PEOPLE).as_deref(), Some("2006-06-20 12:00:00 UTC"));
        assert_eq!(write(NOON, FOR_PROGRAMS).as_deref(), Some("2006-06-20T12:00:00+00:00"));
        for timestamp in [i64::MIN, i64::MAX, 1 << 40, -(1 << 40)] {
            assert_eq!(write(timestamp, FOR_PEOPLE), None);
        }
        assert_eq!(Zone::Unix.write(0, FOR_PEOPLE), None);
    }
}
