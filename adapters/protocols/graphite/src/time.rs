//! The times of Graphite and OpenTSDB: seconds since 1970, as text or as a number, to timestamps of the
//! server.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use metric_query::{Now, TimeUnit};

use crate::fault::Fault;
use crate::text::Text;

/// A clock, and the unit of the server's timestamps.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    unit: TimeUnit,
    now: fn() -> Now,
}

impl Clock {
    /// Returns the clock of the system.
    #[must_use]
    pub fn system(unit: TimeUnit) -> Self {
        Self::new(unit, now)
    }

    /// Returns a clock that shows what `now` returns.
    pub fn new(unit: TimeUnit, now: fn() -> Now) -> Self {
        Self { unit, now }
    }

    /// Returns the timestamp of the present time.
    pub(crate) fn now(self) -> Result<i64, Fault> {
        let Now { seconds, nanoseconds } = (self.now)();
        self.timestamp(seconds, nanoseconds)
    }

    /// Returns the timestamp of whole seconds, of which -1 stands for the present.
    pub(crate) fn seconds(self, seconds: i64) -> Result<i64, Fault> {
        match seconds {
            -1 => self.now(),
            _ => seconds.checked_mul(self.unit.per_second()).ok_or(Fault::TooFar),
        }
    }

    /// Returns the timestamp of milliseconds.
    pub(crate) fn milliseconds(self, milliseconds: i64) -> Result<i64, Fault> {
        let rest = milliseconds.rem_euclid(1_000) as u32;
        self.timestamp(milliseconds.div_euclid(1_000), rest * 1_000_000)
    }

    /// Reads seconds as carbon does, rounded down to the unit: digits with an optional sign, point and
    /// exponent. `N`, and what is -1 without its fraction, stands for the present.
    pub(crate) fn read(self, text: &[u8]) -> Result<i64, Fault> {
        if text == b"N" {
            return self.now();
        }
        let text = str::from_utf8(text).map_err(|_| Fault::Time)?;
        if let Ok(seconds) = text.parse() {
            return self.seconds(seconds);
        }
        match text.contains(['e', 'E']) {
            true => self.double(text.parse().map_err(|_| Fault::Time)?),
            false => self.decimal(text),
        }
    }

    /// Returns the timestamp of a time as a double, which stands for its shortest decimal text.
    pub(crate) fn double(self, seconds: f64) -> Result<i64, Fault> {
        // Most have no fraction, and are exact.
        if seconds.fract() == 0.0 && seconds.abs() < EXACT {
            return self.seconds(seconds as i64);
        }
        if !seconds.is_finite() {
            return Err(Fault::Time);
        }
        if seconds.abs() >= 1e19 {
            return Err(Fault::TooFar);
        }
        let mut room = [0; 64];
        let mut text = Text::behind(&mut room, 0);
        // What is cut off is far below a nanosecond.
        let _ = write!(text, "{seconds}");
        self.decimal(text.as_str())
    }

    /// Reads digits with an optional sign and point.
    fn decimal(self, text: &str) -> Result<i64, Fault> {
        let (is_negative, digits) = match text.as_bytes() {
            [b'-', ..] => (true, &text[1..]),
            [b'+', ..] => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !are_digits(whole) || !are_digits(fraction) {
            return Err(Fault::Time);
        }
        let whole = if whole.is_empty() { "0" } else { whole };
        let seconds: i64 = whole.parse().map_err(|_| Fault::TooFar)?;
        match (is_negative, fraction_of(fraction)) {
            (true, _) if seconds == 1 => self.now(),
            (false, Fraction { nanoseconds, .. }) => self.timestamp(seconds, nanoseconds),
            (true, Fraction { nanoseconds: 0, is_exact: true }) => self.timestamp(-seconds, 0),
            (true, Fraction { nanoseconds, is_exact }) => {
                let below = 1_000_000_000 - nanoseconds - u32::from(!is_exact);
                self.timestamp(-seconds - 1, below)
            }
        }
    }

    fn timestamp(self, seconds: i64, nanoseconds: u32) -> Result<i64, Fault> {
        self.unit.timestamp(seconds, nanoseconds).map_err(|_| Fault::TooFar)
    }
}

/// Whole numbers below are exact doubles.
const EXACT: f64 = (1_i64 << 53) as f64;

/// A fraction of a second.
struct Fraction {
    /// Rounded down.
    nanoseconds: u32,
    is_exact: bool,
}

fn fraction_of(digits: &str) -> Fraction {
    let (first, rest) = digits.split_at(digits.len().min(9));
    let scale = 10_u32.pow(9 - first.len() as u32);
    let nanoseconds = first.parse::<u32>().unwrap_or(0) * scale;
    Fraction { nanoseconds, is_exact: rest.bytes().all(|byte| byte == b'0') }
}

fn now() -> Now {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Now { seconds, nanoseconds: since.subsec_nanos() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(unit: TimeUnit) -> Clock {
        Clock::new(unit, || Now { seconds: 1_700_000_000, nanoseconds: 123_456_789 })
    }

    #[test]
    fn seconds_are_read_and_rounded_down_to_the_unit() {
        use TimeUnit::{Milliseconds, Nanoseconds, Seconds};
        let (now, now_in_ms) = (1_700_000_000, 1_700_000_000_123);
        for (text, unit, expected) in [
            ("1150864247", Seconds, 1_150_864_247),
            ("+1150864247", Milliseconds, 1_150_864_247_000),
            ("1150864247.0", Seconds, 1_150_864_247),
            ("1150864247.9", Seconds, 1_150_864_247),
            ("1150864247.001", Milliseconds, 1_150_864_247_001),
            ("1150864247.0019", Milliseconds, 1_150_864_247_001),
            (".5", Milliseconds, 500),
            ("5.", Milliseconds, 5_000),
            ("-5", Seconds, -5),
            ("-5.0", Seconds, -5),
            ("-5.1", Seconds, -6),
            ("-5.1", Milliseconds, -5_100),
            ("-0.5", Seconds, -1),
            ("-0.0000000001", Nanoseconds, -1),
            ("-2.9999999999", Nanoseconds, -3_000_000_000),
            ("1.150864247e+09", Seconds, 1_150_864_247),
            ("1.1508642471e9", Milliseconds, 1_150_864_247_100),
            ("5E-1", Milliseconds, 500),
            ("1e-300", Nanoseconds, 0),
            ("-1", Seconds, now),
            ("-1.0", Seconds, now),
            ("-1.9", Seconds, now),
            ("-1e0", Seconds, now),
            ("N", Milliseconds, now_in_ms),
            ("-1", Milliseconds, now_in_ms),
            ("9223372036854775807", Seconds, i64::MAX),
            ("-9223372036854775808", Seconds, i64::MIN),
        ] {
            assert_eq!(clock(unit).read(text.as_bytes()), Ok(expected), "{text} in {unit}");
        }
    }

    #[test]
    fn what_is_no_time_is_told_from_what_is_too_far() {
        for text in ["", "n", "NN", ".", "-", "+", "nan", "inf", "1e", "0x1", "1_0", "--1", "1.2.3"]
        {
            let read = clock(TimeUnit::Seconds).read(text.as_bytes());
            assert_eq!(read, Err(Fault::Time), "{text:?}");
        }
        assert_eq!(clock(TimeUnit::Seconds).read(b"\xff"), Err(Fault::Time));
        for text in ["9223372036854775808", "99999999999999999999.5", "1e19", "-1e300"] {
            let read = clock(TimeUnit::Seconds).read(text.as_bytes());
            assert_eq!(read, Err(Fault::TooFar), "{text:?}");
        }
        assert_eq!(clock(TimeUnit::Nanoseconds).read(b"9223372037"), Err(Fault::TooFar));
        assert_eq!(clock(TimeUnit::Seconds).read(b"1e400"), Err(Fault::Time));
    }

    #[test]
    fn a_double_stands_for_its_shortest_text() {
        let clock = clock(TimeUnit::Milliseconds);
        assert_eq!(clock.double(1_150_864_247.001), Ok(1_150_864_247_001));
        assert_eq!(clock.double(1.001), Ok(1_001));
        assert_eq!(clock.double(-1.0), Ok(1_700_000_000_123));
        for wrong in [f64::NAN, f64::INFINITY] {
            assert_eq!(clock.double(wrong), Err(Fault::Time));
        }
    }

    #[test]
    fn milliseconds_are_rounded_down() {
        assert_eq!(clock(TimeUnit::Seconds).milliseconds(1_999), Ok(1));
        assert_eq!(clock(TimeUnit::Milliseconds).milliseconds(1_999), Ok(1_999));
        assert_eq!(clock(TimeUnit::Seconds).milliseconds(-1), Ok(-1));
    }
}
