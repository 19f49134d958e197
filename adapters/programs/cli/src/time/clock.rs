//! Shows timestamps as local times, as UTC or as numbers.

use std::env;

use clap::ValueEnum;
use jiff::Zoned;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::unit::Unit;
use crate::failure::Failure;

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

/// Shows timestamps of one unit in one way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    zone: Zone,
    unit: Unit,
}

#[cfg(test)]
impl Clock {
    pub(crate) const UTC: Self = Self { zone: Zone::Utc, unit: Unit::Second };
    pub(crate) const NUMBERS: Self = Self::UTC.of_numbers();
}

impl Clock {
    /// # Errors
    ///
    /// [`Failure::Usage`] if local times are to be shown, and `TZ` names no known time zone.
    pub(crate) fn new(zone: Zone, unit: Unit) -> Result<Self, Failure> {
        match zone {
            Zone::Local => check_local().map_err(Failure::Usage)?,
            Zone::Utc | Zone::Unix => {}
        }
        Ok(Self { zone, unit })
    }

    /// Returns a clock that shows numbers.
    pub(crate) const fn of_numbers(self) -> Self {
        Self { zone: Zone::Unix, ..self }
    }

    /// Returns a clock of another unit.
    pub(crate) const fn in_unit(self, unit: Unit) -> Self {
        Self { unit, ..self }
    }

    pub(crate) const fn unit(self) -> Unit {
        self.unit
    }

    /// Returns the time zone, or `None` if times are shown as numbers.
    pub(crate) fn rules(self) -> Option<TimeZone> {
        match self.zone {
            Zone::Local => Some(TimeZone::system()),
            Zone::Utc => Some(TimeZone::UTC),
            Zone::Unix => None,
        }
    }

    /// Returns the name shown below a plot.
    pub(crate) fn name(self) -> String {
        match self.zone {
            Zone::Local => TimeZone::system().iana_name().unwrap_or("local time").to_owned(),
            Zone::Utc => "UTC".to_owned(),
            Zone::Unix => self.unit.name().to_owned(),
        }
    }

    /// Returns the date and time of a timestamp, or `None` if it is shown as a number.
    pub(crate) fn date(self, timestamp: i64) -> Option<DateTime> {
        self.time(timestamp).map(|time| time.datetime())
    }

    /// Returns a time of the years 0 to 9999, which are all that RFC 3339 knows.
    fn time(self, timestamp: i64) -> Option<Zoned> {
        let time = self.unit.instant(timestamp)?.to_zoned(self.rules()?);
        Some(time).filter(|time| time.year() >= 0)
    }

    /// Formats a timestamp as in a table, or returns `None` if it is shown as a number.
    pub(crate) fn for_people(self, timestamp: i64) -> Option<String> {
        self.write(timestamp, FOR_PEOPLE)
    }

    /// Formats a timestamp as RFC 3339 does, which has no spaces, or returns `None` if it is shown
    /// as a number.
    pub(crate) fn for_programs(self, timestamp: i64) -> Option<String> {
        self.write(timestamp, FOR_PROGRAMS)
    }

    fn write(self, timestamp: i64, form: [&str; 2]) -> Option<String> {
        write(self.unit, &self.time(timestamp)?, form)
    }

    fn show(self, timestamp: i64) -> String {
        match self.date(timestamp) {
            Some(date) => format!("{} {}", date.date(), self.time_of_day(date)),
            None => timestamp.to_string(),
        }
    }

    fn time_of_day(self, date: DateTime) -> String {
        format!("{:.*}", self.unit.decimals(), date.time())
    }

    /// Returns the day of a timestamp, or `None` if it is shown as a number.
    pub(crate) fn day(self, timestamp: i64) -> Option<Date> {
        self.date(timestamp).map(DateTime::date)
    }

    /// Formats a timestamp, without its date if that is also the date of `other`.
    pub(crate) fn show_short(self, timestamp: i64, other: i64) -> String {
        match self.date(timestamp) {
            Some(date) if self.day(other) == Some(date.date()) => self.time_of_day(date),
            _ => self.show(timestamp),
        }
    }

    /// Formats a range of time. If it lies within one day, the date is shown once.
    pub(crate) fn show_span(self, (first, last): (i64, i64)) -> String {
        format!("{} to {}", self.show(first), self.show_short(last, first))
    }
}

pub(super) const FOR_PEOPLE: [&str; 2] = ["%Y-%m-%d %H:%M:%S", " %Z"];
pub(super) const FOR_PROGRAMS: [&str; 2] = ["%Y-%m-%dT%H:%M:%S", "%:z"];

/// Formats a time with the decimals of a unit between the two parts of the form.
pub(super) fn write(unit: Unit, time: &Zoned, [front, end]: [&str; 2]) -> Option<String> {
    let decimals = match unit.decimals() {
        0 => String::new(),
        decimals => format!("%.{decimals}f"),
    };
    strtime::format(format!("{front}{decimals}{end}"), time).ok()
}

/// Checks the time zone of local times. Without `TZ` and a setting of the system it is UTC.
///
/// # Errors
///
/// What is wrong with `TZ`.
pub(super) fn check_local() -> Result<(), String> {
    let named = env::var_os("TZ").filter(|name| !name.is_empty());
    match named {
        Some(name) if TimeZone::try_system().is_err() => Err(format!(
            "TZ is '{}', which is no time zone of this machine; correct or unset it",
            name.to_string_lossy().escape_debug()
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_150_804_800; // 2006-06-20 12:00:00 UTC
    const UTC: Clock = Clock::UTC;
    const NUMBERS: Clock = Clock::NUMBERS;
    const MILLISECONDS: Clock = Clock { zone: Zone::Utc, unit: Unit::Millisecond };

    #[test]
    fn a_timestamp_without_a_date_is_shown_as_a_number() {
        assert_eq!(UTC.show(NOON), "2006-06-20 12:00:00");
        assert_eq!(NUMBERS.show(NOON), "1150804800");
        assert_eq!(UTC.show(-1), "1969-12-31 23:59:59");
        for odd in [i64::MIN, i64::MAX, NOON * 1_000] {
            assert_eq!(UTC.show(odd), odd.to_string());
        }
        let year_0 = -62_167_219_200;
        assert_eq!(UTC.show(year_0), "0000-01-01 00:00:00");
        assert_eq!(UTC.show(year_0 - 1), (year_0 - 1).to_string());
        assert_eq!(MILLISECONDS.show(-1), "1969-12-31 23:59:59.999");
        assert_eq!(MILLISECONDS.show(NOON * 1_000), "2006-06-20 12:00:00.000");
    }

    #[test]
    fn the_date_of_the_same_day_is_not_repeated() {
        assert_eq!(UTC.show_short(NOON, NOON + 3_600), "12:00:00");
        assert_eq!(UTC.show_short(NOON, NOON + 43_200), "2006-06-20 12:00:00");
        assert_eq!(UTC.show_span((NOON, NOON + 90)), "2006-06-20 12:00:00 to 12:01:30");
        let next_day = UTC.show_span((NOON, NOON + 86_400));
        assert_eq!(next_day, "2006-06-20 12:00:00 to 2006-06-21 12:00:00");
        assert_eq!(NUMBERS.show_span((1, 2)), "1 to 2");
    }

    #[test]
    fn a_time_within_the_calendar_is_written_with_its_zone() {
        assert_eq!(UTC.for_people(NOON).as_deref(), Some("2006-06-20 12:00:00 UTC"));
        assert_eq!(UTC.for_programs(NOON).as_deref(), Some("2006-06-20T12:00:00+00:00"));
        let finer = MILLISECONDS.for_programs(NOON * 1_000 + 7);
        assert_eq!(finer.as_deref(), Some("2006-06-20T12:00:00.007+00:00"));
        for timestamp in [i64::MIN, i64::MAX, 1 << 40, -(1 << 40)] {
            assert_eq!(UTC.for_people(timestamp), None);
        }
        assert_eq!(NUMBERS.for_people(0), None);
    }
}
