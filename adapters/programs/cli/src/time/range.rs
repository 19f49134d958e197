//! Says what is out of range in a text that has the form of a time and is none.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Error, Span, Timestamp, Zoned};

pub(super) const BEYOND: &str =
    "the time is out of range: times reach from -9999-01-02 to 9999-12-30";
const YEAR: &str = "the year is out of range -9999 to 9999";
const MONTH: &str = "the month is out of range 01 to 12";
const DAY: &str = "the day is out of range: its month has fewer days";
const HOUR: &str = "the hour is out of range 00 to 23";
const MINUTE: &str = "the minute is out of range 00 to 59";
const SECOND: &str = "the second is out of range 00 to 59";
const OFFSET: &str = "the offset from UTC is out of range -25:59 to +25:59";
const NUMBER: &str =
    "the number is out of range -9223372036854775808 to 9223372036854775807, which is 64 bits";
const DURATION: &str = "the duration is out of range: it leads out of the calendar";

/// Returns what is out of range in a time of the command line.
pub(super) fn what_exceeds(text: &str) -> Option<&'static str> {
    let digits = text.trim_start_matches(['+', '-']);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(NUMBER);
    }
    let is_of_today = digits_before(text, ':') == Some(2);
    let of_today = || what_exceeds_in_date(&format!("1970-01-01T{text}"));
    let in_time = if is_of_today { of_today() } else { what_exceeds_in_date(text) };
    in_time.or_else(|| is_long(text).then_some(DURATION))
}

/// Returns what is out of range in a date, with a time or without.
pub(crate) fn what_exceeds_in_date(text: &str) -> Option<&'static str> {
    // Years of five digits have no form of their own, as those of six have with a sign.
    let year = digits_before(text.trim_start_matches(['+', '-']), '-')?;
    let [date, instant, zoned] = [
        exceeds(text.parse::<DateTime>()),
        exceeds(text.parse::<Timestamp>()),
        exceeds(text.parse::<Zoned>()),
    ];
    match year {
        5 => Some(YEAR),
        4 | 6 if date => Some(wrong_part(text)),
        4 | 6 if instant || zoned || is_beyond(text) => Some(BEYOND),
        _ => None,
    }
}

fn exceeds<T>(parsed: Result<T, Error>) -> bool {
    parsed.is_err_and(|error| error.is_range())
}

/// Returns the number of digits before a character, if there are digits only.
fn digits_before(text: &str, end: char) -> Option<usize> {
    let (digits, _) = text.split_once(end)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(digits.len())
}

/// Returns the first part of a date and time that is out of range.
fn wrong_part(text: &str) -> &'static str {
    let digits = text.split(|char: char| !char.is_ascii_digit()).filter(|part| !part.is_empty());
    let numbers = digits.map(|digits| digits.parse::<u32>().unwrap_or(u32::MAX));
    let ranges = [
        (YEAR, 0..=9999),
        (MONTH, 1..=12),
        (DAY, 1..=31),
        (HOUR, 0..=23),
        (MINUTE, 0..=59),
        (SECOND, 0..=60),
    ];
    let mut parts = numbers.zip(ranges);
    let wrong = parts.find(|(number, (_, range))| !range.contains(number));
    let date = text.split([' ', 'T', 't', '[']).next().unwrap_or_default();
    let others = if exceeds(date.parse::<DateTime>()) { DAY } else { OFFSET };
    wrong.map_or(others, |(_, (part, _))| part)
}

/// Returns whether a date and time is beyond the calendar, with the name of a zone behind it.
fn is_beyond(text: &str) -> bool {
    let time = text.rsplit_once(' ').and_then(|(time, _)| time.parse::<DateTime>().ok());
    time.is_some_and(|time| TimeZone::UTC.to_timestamp(time).is_err())
}

/// Returns whether a text is a duration that leads out of the calendar.
fn is_long(text: &str) -> bool {
    match text.parse::<Span>() {
        Ok(_) => true,
        Err(error) => error.is_range(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_that_is_out_of_range_is_named() {
        for (text, why) in [
            ("2026-02-30", DAY),
            ("2026-02-30 10:00", DAY),
            ("2026-02-29T10:00Z", DAY),
            ("2026-11-31T10:00+26:00", DAY),
            ("2026-11-00", DAY),
            ("2026-11-32", DAY),
            ("2026-13-01", MONTH),
            ("2026-00-01T00:00Z", MONTH),
            ("2026-13-01[UTC]", MONTH),
            ("2026-11-20 25:00", HOUR),
            ("2026-11-20T24:00:00Z", HOUR),
            ("2026-11-20 25:00 CET", HOUR),
            ("2026-11-20 10:60 +0200", MINUTE),
            ("2026-11-20T10:00:61", SECOND),
            ("2026-11-20T10:00+26:00", OFFSET),
            ("10000-01-01", YEAR),
            ("+10000-01-01", YEAR),
            ("+010000-01-01T00:00Z", YEAR),
            ("9999-12-31T23:59:59Z", BEYOND),
            ("9999-12-31T23:59:59[UTC]", BEYOND),
            ("9999-12-31 23:59:59 UTC", BEYOND),
            ("-009999-01-01T00:00Z", BEYOND),
        ] {
            assert_eq!(what_exceeds_in_date(text), Some(why), "{text}");
            assert_eq!(what_exceeds(text), Some(why), "{text}");
        }
        for (text, why) in [
            ("25:00", HOUR),
            ("10:60", MINUTE),
            ("10:00:61", SECOND),
            ("9223372036854775808", NUMBER),
            ("-9223372036854775809", NUMBER),
            ("99999y", DURATION),
            ("19000y", DURATION),
        ] {
            assert_eq!(what_exceeds(text), Some(why), "{text}");
            assert_eq!(what_exceeds_in_date(text), None, "{text}");
        }
    }

    #[test]
    fn what_has_another_form_is_not_said_to_be_out_of_range() {
        let others = ["", "-", "noon", "1.5", "1e9", "1150864247.0", "20.11.2026", "11/20/2026"];
        let names = ["28-Nov-2026", "2026-1-1", "2026-11-20 noon", "10:00 UTC", "10:00+02:00"];
        for text in others.into_iter().chain(names).chain(["5 parsecs", "2026-11-20 10:00 CEST"]) {
            assert_eq!(what_exceeds(text), None, "{text}");
        }
    }
}
