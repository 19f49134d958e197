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
    let parsed = all_consuming(moment).parse(text);
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

fn moment(input: &str) -> IResult<&str, Moment, ()> {
    alt((
        terminated(i64, eof).map(Moment::Timestamp),
        value(Moment::Ago(0), tag("now")),
        ago.map(Moment::Ago),
        rfc3339.map(Moment::Time),
    ))
    .parse(input)
}

/// Reads a distance into the past; returns its seconds.
fn ago(input: &str) -> IResult<&str, i64, ()> {
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
