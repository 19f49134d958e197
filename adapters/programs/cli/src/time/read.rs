//! Parses times as people write them.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::civil::{DateTime, Time};
use jiff::{Span, Timestamp, Zoned};

/// Returns the current time in seconds since 1970.
pub(crate) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

/// A time as it was written, either fixed or relative to now.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// A timestamp.
    At(i64),
    /// A duration before now, which is zero for now itself.
    Ago(Span),
}

impl Moment {
    /// Returns the timestamp if it is `now`. A time before the calendar is the lowest timestamp.
    pub(crate) fn timestamp(self, now: &Zoned) -> i64 {
        match self {
            Self::At(timestamp) => timestamp,
            // "2h" and "2h ago" mean the same.
            Self::Ago(span) => {
                now.checked_sub(span.abs()).map_or(i64::MIN, |time| time.timestamp().as_second())
            }
        }
    }
}

/// Parses a time. A time of day is of today, on the day on which it is parsed.
pub(crate) fn read(text: &str) -> Result<Moment, String> {
    read_at(text, &Zoned::now()).ok_or_else(|| {
        "it must be a time such as 2h (ago), 2026-11-20, '2026-11-20 10:00', 10:00 (today), \
         or seconds since 1970"
            .to_owned()
    })
}

fn read_at(text: &str, now: &Zoned) -> Option<Moment> {
    // Text with a zone must be parsed as a whole, or its date alone would be taken as local.
    if text.contains('[') {
        return text.parse().ok().map(|time: Zoned| Moment::At(time.timestamp().as_second()));
    }
    let number = text.parse().ok();
    let instant = || text.parse().ok().map(Timestamp::as_second);
    let fixed = number.or_else(instant).or_else(|| local(text, now));
    fixed.map(Moment::At).or_else(|| ago(text, now).map(Moment::Ago))
}

/// Parses a local date, a local date and time, or a time of today.
fn local(text: &str, now: &Zoned) -> Option<i64> {
    let of_today = || text.parse::<Time>().ok().map(|time| now.date().to_datetime(time));
    let time = text.parse::<DateTime>().ok().or_else(of_today)?;
    Some(time.to_zoned(now.time_zone().clone()).ok()?.timestamp().as_second())
}

/// Parses a duration that does not lead out of the calendar.
fn ago(text: &str, now: &Zoned) -> Option<Span> {
    let span = if text == "now" { Span::new() } else { text.parse().ok()? };
    now.checked_sub(span.abs()).ok().map(|_| span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_can_be_written_in_many_ways() {
        let now: Zoned = "2026-11-20T12:00:00+01:00[+01:00]".parse().unwrap();
        let seconds = now.timestamp().as_second();
        let cases = [
            ("1150864247", 1_150_864_247),
            ("-5", -5),
            ("9223372036854775807", i64::MAX),
            ("now", seconds),
            ("2h", seconds - 7200),
            ("1h30m", seconds - 5400),
            ("90 minutes ago", seconds - 5400),
            ("1d", seconds - 86_400),
            ("1mo", seconds - 31 * 86_400),
            ("2026-11-20", seconds - 12 * 3600),
            ("2026-11-20 10:00", seconds - 7200),
            ("2026-11-20T10:00:30", seconds - 7170),
            ("2026-11-20T10:00Z", seconds - 3600),
            ("2026-11-20T10:00+02:00", seconds - 3 * 3600),
            ("2026-11-20T10:00:00-05:00", seconds + 4 * 3600),
            ("2026-11-20T10:00[Asia/Tokyo]", seconds - 10 * 3600),
            ("2026-11-20T10:00+09:00[Asia/Tokyo]", seconds - 10 * 3600),
            ("10:00", seconds - 7200),
        ];
        for (text, expected) in cases {
            let moment = read_at(text, &now).unwrap();
            assert_eq!(moment.timestamp(&now), expected, "{text}");
        }
        let wrong = ["", " ", "h", "noon", "é", "1é", "2026-13-01", "2026-11-20 25:00"];
        let wrong =
            wrong.into_iter().chain(["2026-11-20T10:00[Nowhere/City]", "10:00[Asia/Tokyo]"]);
        for text in wrong.chain(["9223372036854775808", "99999y"]) {
            assert!(read_at(text, &now).is_none(), "{text:?}");
        }
    }

    #[test]
    fn a_duration_is_relative_to_the_time_of_each_reading() {
        let now: Zoned = "2026-11-20T12:00:00+01:00[+01:00]".parse().unwrap();
        let later = now.checked_add(Span::new().hours(30)).unwrap();
        let moved = |text| {
            let moment = read_at(text, &now).unwrap();
            moment.timestamp(&later) - moment.timestamp(&now)
        };
        for text in ["now", "2h", "1d", "90 minutes ago"] {
            assert_eq!(moved(text), 30 * 3600, "{text}");
        }
        for text in ["5", "10:00", "2026-11-20", "2026-11-20T10:00Z"] {
            assert_eq!(moved(text), 0, "{text}");
        }
        let first = Timestamp::MIN.to_zoned(now.time_zone().clone());
        assert_eq!(read_at("1h", &now).unwrap().timestamp(&first), i64::MIN);
    }
}
