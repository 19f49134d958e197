//! Times: what people write and read, and the whole seconds since 1970 of the protocol's custom.

use clap::ValueEnum;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

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
}

pub(crate) fn show(timestamp: i64, zone: Zone) -> String {
    match zone.date(timestamp) {
        Some(date) => format!("{} {}", date.date(), date.time()),
        None => timestamp.to_string(),
    }
}

/// The time of the day if that is the day of `other`, else the date.
pub(crate) fn show_short(timestamp: i64, other: i64, zone: Zone) -> String {
    match (zone.date(timestamp), zone.date(other)) {
        (Some(date), Some(other)) if date.date() == other.date() => date.time().to_string(),
        (Some(date), _) => date.date().to_string(),
        (None, _) => timestamp.to_string(),
    }
}

/// From when to when; the date of a day is said once.
pub(crate) fn show_span((first, last): (i64, i64), zone: Zone) -> String {
    let day = |time| zone.date(time).map(DateTime::date);
    let end =
        if day(first) == day(last) { show_short(last, first, zone) } else { show(last, zone) };
    format!("{} to {end}", show(first, zone))
}

/// Reads a time: `2h` for two hours ago, seconds since 1970, or a date and perhaps a time of day,
/// which are local ones unless they say which.
pub(crate) fn parse_time(text: &str) -> Result<i64, String> {
    let now = Timestamp::now().as_second();
    let time = text.parse().ok().or_else(|| ago(text, now)).or_else(|| written(text));
    time.ok_or_else(|| "it must be as 2h, 1150864247, 2006-06-21 or 2006-06-21T04:30".to_owned())
}

fn ago(text: &str, now: i64) -> Option<i64> {
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    now.checked_sub(i64::from(count.parse::<u32>().ok()?) * seconds)
}

fn written(text: &str) -> Option<i64> {
    let local = || TimeZone::system().to_timestamp(text.parse().ok()?).ok();
    let time: Timestamp = text.parse().ok().or_else(local)?;
    Some(time.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_150_804_800; // 2006-06-20 12:00:00 UTC

    #[test]
    fn a_time_is_a_date_where_there_is_one() {
        assert_eq!(show(NOON, Zone::Utc), "2006-06-20 12:00:00");
        assert_eq!(show(NOON, Zone::Unix), "1150804800");
        assert_eq!(show(-1, Zone::Utc), "1969-12-31 23:59:59");
        for odd in [i64::MIN, i64::MAX, NOON * 1_000] {
            assert_eq!(show(odd, Zone::Utc), odd.to_string());
        }
    }

    #[test]
    fn the_same_day_is_not_said_again() {
        let utc = Zone::Utc;
        assert_eq!(show_short(NOON, NOON + 3_600, utc), "12:00:00");
        assert_eq!(show_short(NOON, NOON + 43_200, utc), "2006-06-20");
        assert_eq!(show_span((NOON, NOON + 90), utc), "2006-06-20 12:00:00 to 12:01:30");
        let next_day = show_span((NOON, NOON + 86_400), utc);
        assert_eq!(next_day, "2006-06-20 12:00:00 to 2006-06-21 12:00:00");
        assert_eq!(show_span((1, 2), Zone::Unix), "1 to 2");
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(parse_time("-5"), Ok(-5));
        assert_eq!(parse_time("2006-06-20T12:00:00Z"), Ok(NOON));
        assert_eq!(parse_time("2006-06-20T14:00+02:00"), Ok(NOON));
        assert_eq!(ago("90m", NOON), Some(NOON - 5_400));
        let day = TimeZone::system().to_datetime(Timestamp::from_second(NOON).unwrap()).date();
        let midnight = day.to_zoned(TimeZone::system()).unwrap().timestamp().as_second();
        assert_eq!(parse_time(&day.to_string()), Ok(midnight));
        for text in ["", "h", "1y", "-1h", "2h30m", "9999999999h", "2006-13-01", "noon", "é", "1é"]
        {
            assert!(parse_time(text).is_err(), "{text:?}");
        }
    }
}
