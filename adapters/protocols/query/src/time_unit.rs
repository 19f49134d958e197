//! The unit of a server's timestamps.

use core::fmt;
use core::str::FromStr;

/// The unit of a server's timestamps, which count it since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// Seconds.
    #[default]
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Nanoseconds.
    Nanoseconds,
}

impl TimeUnit {
    /// All units.
    pub const ALL: [Self; 4] =
        [Self::Seconds, Self::Milliseconds, Self::Microseconds, Self::Nanoseconds];

    /// Returns how many of them are a second.
    #[must_use]
    pub const fn per_second(self) -> i64 {
        match self {
            Self::Seconds => 1,
            Self::Milliseconds => 1_000,
            Self::Microseconds => 1_000_000,
            Self::Nanoseconds => 1_000_000_000,
        }
    }

    /// Returns the timestamp of a time: seconds since 1970, and the nanoseconds since that second
    /// began. It is rounded down, before 1970, too.
    ///
    /// # Errors
    ///
    /// [`Overflow`] if the time is too far away for this unit.
    pub const fn timestamp(self, seconds: i64, nanoseconds: u32) -> Result<i64, Overflow> {
        let per_second = self.per_second() as i128;
        let part = nanoseconds as i128 * per_second / 1_000_000_000;
        let timestamp = seconds as i128 * per_second + part;
        if timestamp < i64::MIN as i128 || timestamp > i64::MAX as i128 {
            return Err(Overflow);
        }
        Ok(timestamp as i64)
    }

    /// Returns the unit that a timestamp seems to count, if it is another one: the only one in which
    /// the timestamp lies in this century.
    #[must_use]
    pub fn mistaken(self, timestamp: i64) -> Option<Self> {
        let is_recent =
            |unit: &Self| THIS_CENTURY.contains(&timestamp.div_euclid(unit.per_second()));
        Self::ALL.into_iter().find(is_recent).filter(|unit| *unit != self)
    }

    /// Returns the letters that stand for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Microseconds => "us",
            Self::Nanoseconds => "ns",
        }
    }
}

/// The seconds from 2000 to 2100. A thousand times as many are in none of these years.
const THIS_CENTURY: core::ops::Range<i64> = 946_684_800..4_102_444_800;

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TimeUnit {
    type Err = InvalidUnit;

    fn from_str(text: &str) -> Result<Self, InvalidUnit> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == text).ok_or(InvalidUnit)
    }
}

/// Text that is not a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidUnit;

impl fmt::Display for InvalidUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a unit of time is s, ms, us or ns")
    }
}

impl core::error::Error for InvalidUnit {}

/// A time that no timestamp of a unit reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time is too far away for the unit of the server")
    }
}

impl core::error::Error for Overflow {}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn a_timestamp_of_this_century_in_another_unit_only_is_mistaken() {
        for (power, counted) in TimeUnit::ALL.into_iter().enumerate() {
            let timestamp = 1_795_824_000 * 1_000_i64.pow(power as u32);
            for own in TimeUnit::ALL {
                assert_eq!(own.mistaken(timestamp), (own != counted).then_some(counted));
                assert_eq!([0, -1, 60, i64::MIN, i64::MAX].map(|odd| own.mistaken(odd)), [None; 5]);
            }
        }
    }

    #[test]
    fn a_unit_reads_back_from_its_letters() {
        for unit in TimeUnit::ALL {
            assert_eq!(unit.to_string().parse(), Ok(unit));
        }
        for text in ["", "S", "sec", "m", " s"] {
            assert_eq!(text.parse::<TimeUnit>(), Err(InvalidUnit), "{text:?}");
        }
    }

    #[test]
    fn a_time_is_rounded_down_to_the_unit() {
        use TimeUnit::{Milliseconds, Nanoseconds, Seconds};
        let cases = [
            (Seconds, (5, 999_999_999), Ok(5)),
            (Seconds, (-1, 999_999_999), Ok(-1)),
            (Milliseconds, (-1, 999_999_999), Ok(-1)),
            (Milliseconds, (-1, 0), Ok(-1_000)),
            (Milliseconds, (1, 1_999_999), Ok(1_001)),
            (Nanoseconds, (-9_223_372_037, 145_224_192), Ok(i64::MIN)),
            (Nanoseconds, (-9_223_372_037, 145_224_191), Err(Overflow)),
            (Nanoseconds, (9_223_372_036, 854_775_807), Ok(i64::MAX)),
            (Nanoseconds, (9_223_372_036, 854_775_808), Err(Overflow)),
            (Seconds, (i64::MIN, 0), Ok(i64::MIN)),
            (Milliseconds, (i64::MAX, 0), Err(Overflow)),
        ];
        for (unit, (seconds, nanoseconds), expected) in cases {
            assert_eq!(unit.timestamp(seconds, nanoseconds), expected, "{unit} {seconds}");
        }
    }
}
