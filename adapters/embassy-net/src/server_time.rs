//! The time of a server, for samples whose timestamps are seconds since boot.
//!
//! The protocol does not tell it. A server that has the HTTP API tells it on the same port; to others the
//! request is a wrong command.

use core::num::NonZeroU32;

/// Asks for the time. Only HTTP/1.0 lets a request go without the name of the server.
pub(crate) const REQUEST: &[u8] = b"GET /v1/info HTTP/1.0\r\n\r\n";

/// How a server counts time, and what it had counted when the board started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ServerTime {
    per_second: NonZeroU32,
    boot: i64,
}

impl ServerTime {
    /// Returns whether this may be the beginning of a reply that tells the time.
    pub(crate) fn is_told_by(reply: &[u8]) -> bool {
        reply.iter().zip(b"HTTP/1.").all(|(byte, expected)| byte == expected)
    }

    /// Reads the time in what has come of a reply, `uptime` seconds after the start of the board. Returns
    /// `None` if it has not come yet.
    pub(crate) fn read(reply: &[u8], uptime: i64) -> Option<Self> {
        let per_second = match value(reply, b"\"unit\"")? {
            [b'"', b's', b'"', ..] => 1,
            [b'"', b'm', b's', b'"', ..] => 1_000,
            [b'"', b'u', b's', b'"', ..] => 1_000_000,
            [b'"', b'n', b's', b'"', ..] => 1_000_000_000,
            _ => return None,
        };
        let per_second = NonZeroU32::new(per_second)?;
        let now = whole(value(reply, b"\"now\"")?)?;
        Some(Self { per_second, boot: now.wrapping_sub(times(uptime, per_second)) })
    }

    /// Returns what was read before, unless it is off by more than a second. So a sample that is sent again
    /// has the same timestamp.
    pub(crate) fn or_before(self, before: Option<Self>) -> Self {
        let is_same = |before: &Self| {
            before.per_second == self.per_second
                && before.boot.abs_diff(self.boot) <= u64::from(self.per_second.get())
        };
        before.filter(is_same).unwrap_or(self)
    }

    /// Returns the server's timestamp for a moment, in seconds since boot. No board runs for the centuries after
    /// which nanoseconds wrap.
    pub(crate) const fn at(self, since_boot: i64) -> i64 {
        self.boot.wrapping_add(times(since_boot, self.per_second))
    }
}

const fn times(seconds: i64, per_second: NonZeroU32) -> i64 {
    seconds.wrapping_mul(per_second.get() as i64)
}

/// Returns what begins with the value of a field.
fn value<'r>(reply: &'r [u8], name: &[u8]) -> Option<&'r [u8]> {
    let at = reply.windows(name.len()).position(|part| part == name)?;
    let rest = reply.get(at + name.len()..)?;
    rest.get(rest.iter().position(|byte| !b" :".contains(byte))?..)
}

/// Reads a whole number that is not negative. If the text ends with it, it may go on.
fn whole(text: &[u8]) -> Option<i64> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit())?;
    let is_whole = (1..=DIGITS).contains(&end) && b" ,}".contains(&text[end]);
    let digits = text[..end].iter().map(|digit| u64::from(digit - b'0'));
    let number = digits.fold(0_u64, |number, digit| number.wrapping_mul(10).wrapping_add(digit));
    i64::try_from(number).ok().filter(|_| is_whole)
}

/// So many digits fit 64 bits.
const DIGITS: usize = 19;

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::*;

    const HEAD: &str = "HTTP/1.0 200 OK\r\ncontent-length: 99\r\n\r\n";

    #[test]
    fn the_time_is_read_in_every_unit() {
        for (unit, now, boot) in [
            ("s", 1_795_944_685, 1_795_944_585),
            ("ms", 1_795_944_685_123, 1_795_944_585_123),
            ("us", 1_795_944_685_123_456, 1_795_944_585_123_456),
            ("ns", 1_795_944_685_123_456_789, 1_795_944_585_123_456_789),
        ] {
            for info in [
                format!("{{\"name\": \"x\", \"unit\": \"{unit}\", \"now\": {now}, \"series\": 0}}"),
                format!("{{\"now\":{now},\"unit\":\"{unit}\"}}"),
                format!("{{\"unit\" : \"{unit}\" , \"now\" : {now} }}"),
            ] {
                let reply = format!("{HEAD}{info}");
                let time = ServerTime::read(reply.as_bytes(), 100).expect("both are there");
                assert_eq!((time.boot, time.at(100)), (boot, now), "{info}");
                assert_eq!(time.at(0), boot);
            }
        }
    }

    /// A reply comes in pieces.
    #[test]
    fn a_part_of_a_reply_tells_no_other_time() {
        let reply = format!("{HEAD}{{\"unit\": \"s\", \"now\": 1795944685, \"series\": 0}}");
        let told: std::vec::Vec<_> = (0..=reply.len())
            .filter_map(|end| ServerTime::read(&reply.as_bytes()[..end], 0))
            .collect();
        assert!(told.len() > 1 && told.iter().all(|time| time.boot == 1_795_944_685), "{told:?}");
        assert!((0..=reply.len()).all(|end| ServerTime::is_told_by(&reply.as_bytes()[..end])));
    }

    #[test]
    fn other_replies_tell_no_time() {
        for reply in [
            "error\nwrong command\n\n",
            "HTTP/1.0 404 Not Found\r\n\r\n{\"error\": \"no\"}",
            "HTTP/1.0 200 OK\r\n\r\n{\"unit\": \"h\", \"now\": 3, \"a\": 0}",
            "HTTP/1.0 200 OK\r\n\r\n{\"unit\": \"s\", \"now\": 3.5, \"a\": 0}",
            "HTTP/1.0 200 OK\r\n\r\n{\"unit\": \"s\", \"now\": -9223372036854775808, \"a\": 0}",
            "HTTP/1.0 200 OK\r\n\r\n{\"unit\": \"s\", \"now\": null, \"a\": 0}",
            "HTTP/1.0 200 OK\r\n\r\n{\"unit\": \"s\", \"now\": 9223372036854775808, \"a\": 0}",
            "HTTP/1.0 200 OK\r\n\r\n{\"unit\": \"s\", \"now\": 18446744073709551617, \"a\": 0}",
            "HTTP/1.0 200 OK\r\n\r\n{\"unit\": s, \"now\": 3, \"a\": 0}",
        ] {
            assert_eq!(ServerTime::read(reply.as_bytes(), 1), None, "{reply}");
        }
        assert_eq!(ServerTime::read(b"HTTP/1.0 200 OK\r\n\r\n\xff", 1), None);
        assert!(!ServerTime::is_told_by(b"error\nwrong command\n\n"));
    }

    #[test]
    fn a_time_stays_until_it_is_off_by_more_than_a_second() {
        let of = |per_second, boot| ServerTime {
            per_second: NonZeroU32::new(per_second).unwrap(),
            boot,
        };
        let time = |boot| of(1_000, boot);
        assert_eq!(time(5_000).or_before(None), time(5_000));
        assert_eq!(time(5_000).or_before(Some(time(4_000))), time(4_000));
        assert_eq!(time(5_000).or_before(Some(time(6_000))), time(6_000));
        assert_eq!(time(5_000).or_before(Some(time(3_999))), time(5_000));
        let in_seconds = of(1, 5_000);
        assert_eq!(time(5_000).or_before(Some(in_seconds)), time(5_000));
    }
}
