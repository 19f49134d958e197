//! The times of a request: `1150864247`, `2006-06-21T04:30:47Z`, `now`, `-15m`.

use core::fmt;

use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{char, i64, one_of, u64};
use nom::combinator::{all_consuming, eof, map_opt, value};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use crate::calendar::{Time, rfc3339};
use crate::time_unit::{Overflow, TimeUnit};

/// The present time, which this crate does not know: seconds since 1970, and the nanoseconds since
/// that second began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Seconds since 1970.
    pub seconds: i64,
    /// Nanoseconds since that second began.
    pub nanoseconds: u32,
}

/// Reads a time of a request: a timestamp in this unit, RFC 3339, `now`, or a distance to now such
/// as `-15m`, in seconds, minutes, hours, days or weeks.
///
/// ```
/// use metric_query::{Now, TimeUnit, parse_moment};
///
/// let now = Now { seconds: 1150864250, nanoseconds: 0 };
/// assert_eq!(parse_moment("-15m", TimeUnit::Seconds, now), Ok(1150863350));
/// assert_eq!(parse_moment("2006-06-21T04:30:47.5Z", TimeUnit::Milliseconds, now), Ok(1150864247500));
/// ```
///
/// # Errors
///
/// [`InvalidMoment`] if it is none of these, or too far away for the unit.
pub fn parse_moment(text: &str, unit: TimeUnit, now: Now) -> Result<i64, InvalidMoment> {
    let parsed = all_consuming(moment).parse(text.as_bytes());
    match parsed.map_err(|_| InvalidMoment::NotATime)?.1 {
        Moment::Timestamp(timestamp) => Ok(timestamp),
        Moment::Time((seconds, nanoseconds)) => Ok(unit.timestamp(seconds, nanoseconds)?),
        Moment::Ago(distance) => {
            let seconds = now.seconds.checked_sub(distance).ok_or(InvalidMoment::TooFar)?;
            Ok(unit.timestamp(seconds, now.nanoseconds)?)
        }
    }
}

#[derive(Clone, Copy)]
enum Moment {
    Timestamp(i64),
    Time(Time),
    /// So many seconds before now.
    Ago(i64),
}

fn moment(input: &[u8]) -> IResult<&[u8], Moment, ()> {
    alt((
        terminated(i64, eof).map(Moment::Timestamp),
        value(Moment::Ago(0), tag("now")),
        ago.map(Moment::Ago),
        rfc3339.map(Moment::Time),
    ))
    .parse(input)
}

/// Reads a distance into the past; returns its seconds.
fn ago(input: &[u8]) -> IResult<&[u8], i64, ()> {
    let seconds = one_of("smhdw").map(|unit| match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => 604_800,
    });
    let number = map_opt(u64, |number| i64::try_from(number).ok());
    map_opt(preceded(char('-'), (number, seconds)), |(number, unit)| i64::checked_mul(number, unit))
        .parse(input)
}

/// Text that is not a time of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidMoment {
    /// It is of none of the forms.
    NotATime,
    /// No timestamp of the unit reaches it.
    TooFar,
}

impl From<Overflow> for InvalidMoment {
    fn from(_: Overflow) -> Self {
        Self::TooFar
    }
}

impl fmt::Display for InvalidMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotATime => f.write_str(
                "a time is a timestamp, RFC 3339 such as 2006-06-21T04:30:47Z, now, or a distance such \
                 as -1h",
            ),
            Self::TooFar => Overflow.fmt(f),
        }
    }
}

impl core::error::Error for InvalidMoment {}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use InvalidMoment::{NotATime, TooFar};
    use jiff::Timestamp;
    use jiff::tz::Offset;
    use proptest::prelude::*;
    use std::string::ToString;

    const NOW: Now = Now { seconds: 1_150_864_250, nanoseconds: 999_999_999 };

    #[test]
    fn a_time_is_a_timestamp_a_date_or_a_distance_to_now() {
        let cases = [
            ("1150864247", Ok(1_150_864_247)),
            ("-15", Ok(-15)),
            ("+7", Ok(7)),
            ("-9223372036854775808", Ok(i64::MIN)),
            ("9223372036854775808", Err(NotATime)),
            ("now", Ok(1_150_864_250)),
            ("-90s", Ok(1_150_864_160)),
            ("-15m", Ok(1_150_863_350)),
            ("-1h", Ok(1_150_860_650)),
            ("-7d", Ok(1_150_259_450)),
            ("-2w", Ok(1_149_654_650)),
            ("-9223372036854775807s", Ok(1_150_864_250 - i64::MAX)),
            ("-9223372036854775807m", Err(NotATime)),
            ("-99999999999999999999s", Err(NotATime)),
            ("2006-06-21T04:30:47Z", Ok(1_150_864_247)),
            ("2006-06-21t04:30:47.999z", Ok(1_150_864_247)),
            ("2006-06-21 04:30:47Z", Ok(1_150_864_247)),
            ("2006-06-21T06:30:47+02:00", Ok(1_150_864_247)),
            ("2006-06-20T19:00:47-09:30", Ok(1_150_864_247)),
            ("0000-03-01T00:00:00Z", Ok(-62_162_035_200)),
            ("9999-12-31T23:59:59Z", Ok(253_402_300_799)),
            ("2000-02-29T00:00:00Z", Ok(951_782_400)),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_moment(text, TimeUnit::Seconds, NOW), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let cases = [
            "",
            "yesterday",
            " now",
            "now ",
            "Now",
            "1h",
            "-h",
            "--1s",
            "-1y",
            "-+1s",
            "1.5",
            "2006-06-21",
            "2006-06-21T04:30Z",
            "2006-06-21T04:30:47",
            "2006-06-21T24:00:00Z",
            "2006-06-21T04:30:60Z",
            "2006-06-31T04:30:47Z",
            "2006-02-29T04:30:47Z",
            "1900-02-29T00:00:00Z",
            "2006-00-21T04:30:47Z",
            "2006-13-21T04:30:47Z",
            "2006-06-00T04:30:47Z",
            "2006-06-21T04:30:47+24:00",
            "2006-06-21T04:30:47+0200",
            "2006-06-21T04:30:47.Z",
            "2006-06-21T04:30:47.1234567890Z",
            "+006-06-21T04:30:47Z",
            "2006-06-21T04:30:47 02:00",
            "2006-06-2é",
            "-1é",
        ];
        for text in cases {
            assert_eq!(parse_moment(text, TimeUnit::Seconds, NOW), Err(NotATime), "{text:?}");
        }
    }

    #[test]
    fn finer_times_are_rounded_down_and_distant_ones_are_refused() {
        use TimeUnit::{Milliseconds, Nanoseconds};
        let cases = [
            ("1969-12-31T23:59:59.9999Z", Milliseconds, Ok(-1)),
            ("now", Milliseconds, Ok(1_150_864_250_999)),
            ("2262-04-11T23:47:16.854775807Z", Nanoseconds, Ok(i64::MAX)),
            ("2262-04-11T23:47:16.854775808Z", Nanoseconds, Err(TooFar)),
            ("-9223372036854775807s", Milliseconds, Err(TooFar)),
        ];
        for (text, unit, expected) in cases {
            assert_eq!(parse_moment(text, unit, NOW), expected, "{text}");
        }
        let long_ago = Now { seconds: -2, nanoseconds: 0 };
        let text = "-9223372036854775807s";
        assert_eq!(parse_moment(text, TimeUnit::Seconds, long_ago), Err(TooFar));
    }

    proptest! {
        #[test]
        fn a_time_that_jiff_writes_reads_back(
            seconds in -62_167_000_000_i64..253_402_200_000,
            nanoseconds in prop_oneof![Just(0), Just(500_000_000), 0_i32..1_000_000_000],
            minutes in -1_439_i32..1_440,
        ) {
            let time = Timestamp::new(seconds, 0).unwrap();
            let time = time.checked_add(jiff::SignedDuration::new(0, nanoseconds)).unwrap();
            let offset = Offset::from_seconds(minutes * 60).unwrap();
            let expected = i64::try_from(time.as_nanosecond().div_euclid(1_000)).unwrap();
            for text in [time.to_string(), time.display_with_offset(offset).to_string()] {
                let read = parse_moment(&text, TimeUnit::Microseconds, NOW);
                prop_assert_eq!(read, Ok(expected), "{}", text);
            }
        }

        #[test]
        fn no_text_is_too_strange_to_read(text in "[-+0-9TZ:. smhdwnow\\PC]{0,40}") {
            for unit in TimeUnit::ALL {
                let _ = parse_moment(&text, unit, NOW);
            }
        }
    }
}
