//! Times as Graphite's users write them: `-1h`, `noon_yesterday`, `04:00_20060621`, `monday+2h`.

use std::fmt;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Reads a time such as `-1h` or `noon_yesterday`; returns its seconds since 1970. What names a day or
/// an hour is of a zone, or of UTC if there is none of the name.
///
/// # Errors
///
/// [`InvalidTime`] if it is of none of the forms or too far away.
pub fn parse_time(text: &str, now: i64, zone_name: Option<&str>) -> Result<i64, InvalidTime> {
    let now = Timestamp::from_second(now).map_err(|_| InvalidTime)?;
    time_at(text, &now.to_zoned(zone(zone_name)))
}

/// Reads a time. What names a day or an hour is of the zone of `now`.
pub(crate) fn time_at(text: &str, now: &Zoned) -> Result<i64, InvalidTime> {
    let text: String = text.chars().filter(|one| !"_, ".contains(*one)).collect();
    let text = text.trim().to_lowercase();
    if is_number(&text) && year_month_day(&text).is_none() {
        return text.parse().ok().filter(|time| in_range(*time)).ok_or(InvalidTime);
    }
    let sign = text.find('+').or_else(|| text.find('-'));
    let (reference, offset) =
        text.split_at_checked(sign.unwrap_or(text.len())).ok_or(InvalidTime)?;
    let time = reference_time(reference, now)?.checked_add(parse_offset(offset)?);
    time.filter(|time| in_range(*time)).ok_or(InvalidTime)
}

/// Reads a distance such as `-1h30min`; returns its seconds. One without a sign is into the future, and
/// none is 0.
///
/// # Errors
///
/// [`InvalidTime`] if it is none.
pub(crate) fn parse_offset(text: &str) -> Result<i64, InvalidTime> {
    let (sign, mut rest) = match text.split_at_checked(1) {
        Some(("-", rest)) => (-1, rest),
        Some(("+", rest)) => (1, rest),
        _ => (1, text),
    };
    let mut sum = 0_i64;
    while !rest.is_empty() {
        let (number, after) = split(rest, |byte| byte.is_ascii_digit());
        let (unit, after) = split(after, |byte| byte.is_ascii_alphabetic());
        let number: i64 = number.parse().map_err(|_| InvalidTime)?;
        let part = number.checked_mul(sign * seconds(unit)?);
        sum = part.and_then(|part| sum.checked_add(part)).ok_or(InvalidTime)?;
        rest = after;
    }
    if sum.abs() <= LONGEST { Ok(sum) } else { Err(InvalidTime) }
}

/// The longest distance: no two times of the calendar are so far apart. So sums of times and
/// distances are far from the bounds of an `i64`.
pub(crate) const LONGEST: i64 = 1_000_000_000_000;

/// Returns the seconds of a unit. `m` alone is none: it could be minutes or months.
fn seconds(unit: &str) -> Result<i64, InvalidTime> {
    let units = [
        ("s", 1),
        ("min", 60),
        ("h", 3_600),
        ("d", 86_400),
        ("w", 7 * 86_400),
        ("mon", 30 * 86_400),
        ("y", 365 * 86_400),
    ];
    let known = units.into_iter().find(|(beginning, _)| unit.starts_with(beginning));
    known.map(|(_, seconds)| seconds).ok_or(InvalidTime)
}

/// Returns the time that a text without a distance names.
fn reference_time(text: &str, now: &Zoned) -> Result<i64, InvalidTime> {
    if matches!(text, "" | "now") {
        return Ok(now.timestamp().as_second());
    }
    let (time, day) = time_of_day(text)?;
    let date = named_date(day, now.date()).ok_or(InvalidTime)?;
    // Where clocks are set back, Graphite takes the second of both.
    let zoned = now.time_zone().to_ambiguous_zoned(date.to_datetime(time)).later();
    zoned.map(|zoned| zoned.timestamp().as_second()).map_err(|_| InvalidTime)
}

/// Reads the time of day at the beginning: `4:30`, `4:30pm`, `4pm`, `noon`. None is midnight.
///
/// As Graphite has it, `12pm` is midnight.
fn time_of_day(text: &str) -> Result<(Time, &str), InvalidTime> {
    let words = [("noon", 12), ("midnight", 0), ("teatime", 16)];
    for (word, hour) in words {
        if let Some(rest) = text.strip_prefix(word) {
            return Ok((time(hour, 0)?, rest));
        }
    }
    let (hour, after) = split(text, |byte| byte.is_ascii_digit());
    let (minute, after_minute) =
        match after.strip_prefix(':').and_then(|rest| rest.split_at_checked(2)) {
            Some((minute, rest)) => (Some(minute), rest),
            None => (None, after),
        };
    let half = |rest: &str| ["am", "pm"].into_iter().find(|half| rest.starts_with(half));
    let half = half(after_minute);
    if !(1..3).contains(&hour.len()) || (minute, half) == (None, None) {
        return Ok((Time::midnight(), text));
    }
    let number = |text: &str| text.parse::<i8>().map_err(|_| InvalidTime);
    let hour = if half == Some("pm") { (number(hour)? + 12) % 24 } else { number(hour)? };
    let rest = half.and_then(|half| after_minute.strip_prefix(half)).unwrap_or(after_minute);
    Ok((time(hour, minute.map_or(Ok(0), number)?)?, rest))
}

fn time(hour: i8, minute: i8) -> Result<Time, InvalidTime> {
    Time::new(hour, minute, 0, 0).map_err(|_| InvalidTime)
}

/// Returns the date that a text names. An empty one is today.
fn named_date(text: &str, today: Date) -> Option<Date> {
    match text {
        "" | "today" => return Some(today),
        "yesterday" => return today.yesterday().ok(),
        "tomorrow" => return today.tomorrow().ok(),
        _ => {}
    }
    if text.contains('/') { date_with_slashes(text) } else { date_of_digits(text) }
        .or_else(|| day_of_month(text, today))
        .or_else(|| day_of_week(text, today))
}

/// Reads `06/21/06` or `06/21/2006`. Years of two digits are those from 1970 to 2069.
fn date_with_slashes(text: &str) -> Option<Date> {
    let mut parts = text.split('/');
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || ![month, day, year].into_iter().all(is_number) {
        return None;
    }
    let year: i16 = year.parse().ok()?;
    let year = if year < 1900 { year + 1900 } else { year };
    let year = if year < 1970 { year + 100 } else { year };
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

/// Reads `20060621`.
fn date_of_digits(text: &str) -> Option<Date> {
    let (year, month, day) = year_month_day(text)?;
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// Reads eight digits that are a date, and not seconds since 1970.
fn year_month_day(text: &str) -> Option<(u32, u32, u32)> {
    if text.len() != 8 || !is_number(text) {
        return None;
    }
    let number: u32 = text.parse().ok()?;
    let parts @ (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    (year > 1900 && month < 13 && day < 32).then_some(parts)
}

/// Reads `june21` or `jun 21`, of this year.
fn day_of_month(text: &str, today: Date) -> Option<Date> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let month = 1 + MONTHS.into_iter().position(|month| text.starts_with(month))?;
    let name = text.trim_end_matches(|one: char| one.is_ascii_digit());
    let digits = text.get(name.len()..)?;
    let day = digits.get(digits.len().saturating_sub(2)..)?.parse().ok()?;
    Date::new(today.year(), month.try_into().ok()?, day).ok()
}

/// Reads `monday` or `mon`: the last one, or today.
fn day_of_week(text: &str, today: Date) -> Option<Date> {
    let mut day = today;
    for _ in 0..7 {
        if text.starts_with(name_of(day.weekday())) {
            return Some(day);
        }
        day = day.yesterday().ok()?;
    }
    None
}

fn name_of(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    }
}

/// Returns the zone of a name, or UTC if there is none.
pub(crate) fn zone(name: Option<&str>) -> TimeZone {
    name.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn in_range(time: i64) -> bool {
    Timestamp::from_second(time).is_ok()
}

/// Splits off the bytes of a kind.
fn split(text: &str, is: impl Fn(u8) -> bool) -> (&str, &str) {
    let end = text.bytes().position(|byte| !is(byte)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Text that is not a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidTime;

impl fmt::Display for InvalidTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a time is such as -1h, -5min, -1mon, now, noon_yesterday, 04:00_20060621 or seconds \
             since 1970",
        )
    }
}

impl std::error::Error for InvalidTime {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Wednesday, 2006-06-21 04:30:47 UTC.
    fn now(zone: &str) -> Zoned {
        Timestamp::from_second(1_150_864_247).unwrap().in_tz(zone).unwrap()
    }

    #[test]
    fn a_time_is_read_as_graphite_reads_it() {
        let cases = [
            ("now", "2006-06-21T04:30:47Z"),
            ("", "2006-06-21T04:30:47Z"),
            ("-1h", "2006-06-21T03:30:47Z"),
            ("-5min", "2006-06-21T04:25:47Z"),
            ("now-1d", "2006-06-20T04:30:47Z"),
            ("-1d12h", "2006-06-19T16:30:47Z"),
            ("+1w", "2006-06-28T04:30:47Z"),
            ("-1mon", "2006-05-22T04:30:47Z"),
            ("-1month", "2006-05-22T04:30:47Z"),
            ("-1y", "2005-06-21T04:30:47Z"),
            ("-7seconds", "2006-06-21T04:30:40Z"),
            ("1150864247", "2006-06-21T04:30:47Z"),
            ("20060621", "2006-06-21T00:00:00Z"),
            ("20061321", "1970-08-21T04:35:21Z"),
            ("0", "1970-01-01T00:00:00Z"),
            ("04:00_20060621", "2006-06-21T04:00:00Z"),
            ("4:00_20060621", "2006-06-21T04:00:00Z"),
            ("noon", "2006-06-21T12:00:00Z"),
            ("noon_yesterday", "2006-06-20T12:00:00Z"),
            ("midnight", "2006-06-21T00:00:00Z"),
            ("midnight+1d", "2006-06-22T00:00:00Z"),
            ("teatime tomorrow", "2006-06-22T16:00:00Z"),
            ("today", "2006-06-21T00:00:00Z"),
            ("6pm today", "2006-06-21T18:00:00Z"),
            ("6am", "2006-06-21T06:00:00Z"),
            ("12pm", "2006-06-21T00:00:00Z"),
            ("8:50pm", "2006-06-21T20:50:00Z"),
            ("06/22/2006", "2006-06-22T00:00:00Z"),
            ("06/22/06", "2006-06-22T00:00:00Z"),
            ("5:05_01/02/70", "1970-01-02T05:05:00Z"),
            ("january8", "2006-01-08T00:00:00Z"),
            ("jan 08", "2006-01-08T00:00:00Z"),
            ("monday", "2006-06-19T00:00:00Z"),
            ("wed", "2006-06-21T00:00:00Z"),
            ("noon thursday", "2006-06-15T12:00:00Z"),
        ];
        for (text, expected) in cases {
            let expected: Timestamp = expected.parse().unwrap();
            assert_eq!(time_at(text, &now("UTC")), Ok(expected.as_second()), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let cases = [
            "undefined",
            "1m",
            "-1m",
            "-h",
            "-1",
            "25:00",
            "12:60",
            "13/01/2006",
            "jan",
            "feb30",
            "someday",
            "-99999999999y",
            "99999999999999",
            "20060231",
            "+-1h",
            "é",
            "4:é",
            "1:",
        ];
        for text in cases {
            assert_eq!(time_at(text, &now("UTC")), Err(InvalidTime), "{text}");
        }
    }

    #[test]
    fn a_day_is_one_of_the_zone() {
        let cases = [
            ("midnight", "Europe/Berlin", "2006-06-20T22:00:00Z"),
            ("midnight", "America/New_York", "2006-06-21T04:00:00Z"),
            ("02:30_20061029", "Europe/Berlin", "2006-10-29T01:30:00Z"),
            ("02:30_20060326", "Europe/Berlin", "2006-03-26T01:30:00Z"),
            ("20060326+1d", "Europe/Berlin", "2006-03-26T23:00:00Z"),
        ];
        for (text, zone, expected) in cases {
            let expected: Timestamp = expected.parse().unwrap();
            assert_eq!(time_at(text, &now(zone)), Ok(expected.as_second()), "{text} {zone}");
        }
        assert_eq!(zone(Some("nowhere")), TimeZone::UTC);
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange_to_read(text in "([-+0-9:/_ ]|am|pm|noon|mon|jan|h|min|\\PC){0,12}") {
            if let Ok(time) = time_at(&text, &now("UTC")) {
                prop_assert_eq!(time_at(&time.max(0).to_string(), &now("UTC")).is_ok(), true);
            }
        }
    }
}
