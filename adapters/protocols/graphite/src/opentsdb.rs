//! The lines of OpenTSDB: `put name time value tag=value…`.

use std::fmt;

use metric_proto::{Key, Sample};
use metric_query::encode_labels;

use crate::counters::Escaped;
use crate::dialect::{Dialect, Outcome, Said};
use crate::fault::Fault;
use crate::number::value;
use crate::path::{Room, Tags, refusal};
use crate::time::Clock;

/// The lines of OpenTSDB's telnet commands. A put that is stored has no reply; others have one line
/// as OpenTSDB words it.
#[derive(Clone, Copy, Debug)]
pub struct OpenTsdbLines {
    clock: Clock,
    name: &'static str,
    version: &'static str,
}

/// From here on times are in milliseconds, as OpenTSDB has it.
const FIRST_MILLISECONDS: i64 = 1 << 32;

impl OpenTsdbLines {
    /// Creates the dialect of a server, which tells its name and version.
    #[must_use]
    pub const fn new(clock: Clock, name: &'static str, version: &'static str) -> Self {
        Self { clock, name, version }
    }

    /// Reads what follows `put`.
    fn put<'a>(
        &self,
        mut words: impl Iterator<Item = &'a str>,
        room: &'a mut Room,
    ) -> Result<(Key<'a>, Sample), Fault> {
        let mut word = || words.next().ok_or(Fault::Form);
        let (name, time, number) = (word()?, word()?, word()?);
        let mut tags = Tags::new();
        for tag in words {
            let pair = tag.split_once('=').filter(|(_, value)| !value.contains('='));
            let pair = pair.ok_or(Fault::Tags)?;
            if tags.push(pair).is_err() && !tags.contains(&pair) {
                return Err(Fault::LongKey);
            }
        }
        if tags.is_empty() {
            return Err(Fault::Form);
        }
        let sample = Sample::new(value(number.as_bytes())?, self.time(time)?);
        let sample = sample.map_err(|_| Fault::NotFinite)?;
        // OpenTSDB, too, takes a tag that is there twice, unless its values differ.
        tags.sort_unstable();
        let mut last = None;
        let different = tags.iter().copied().filter(|tag| last.replace(*tag) != Some(*tag));
        Ok((encode_labels(name, different, room).map_err(refusal)?, sample))
    }

    /// Reads seconds or milliseconds, told apart by their size. Seconds may have a fraction.
    fn time(&self, text: &str) -> Result<i64, Fault> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(fraction) {
            return Err(Fault::Time);
        }
        match (whole.parse(), fraction) {
            (Err(_), _) | (Ok(0), "") => Err(Fault::Time),
            (Ok(milliseconds @ FIRST_MILLISECONDS..), "") => self.clock.milliseconds(milliseconds),
            (Ok(FIRST_MILLISECONDS..), _) => Err(Fault::Time),
            (Ok(_), _) => self.clock.read(text.as_bytes()),
        }
    }
}

impl Dialect for OpenTsdbLines {
    const LONGEST_REPLY: usize = 512;

    fn read<'a>(&self, line: &'a [u8], room: &'a mut Room) -> Result<Said<'a>, Fault> {
        let mut words = words(str::from_utf8(line).map_err(|_| Fault::Path)?);
        match words.next() {
            Some("put") => self.put(words, room).map(|(key, sample)| Said::Sample(key, sample)),
            Some("exit") => Ok(Said::End),
            Some("version" | "help") => Ok(Said::Question),
            Some(_) => Err(Fault::Form),
            None => Ok(Said::Nothing),
        }
    }

    fn reply(&self, line: &[u8], outcome: Outcome, reply: &mut dyn fmt::Write) -> fmt::Result {
        let mut words = words(text_of(line));
        let first = words.next().unwrap_or_default();
        match outcome {
            Outcome::Asked if first == "version" => {
                writeln!(reply, "{} {} takes OpenTSDB's put", self.name, self.version)
            }
            Outcome::Asked => writeln!(reply, "available commands: put version help exit "),
            Outcome::Refused(refused) => writeln!(reply, "put: storage error: {refused}"),
            Outcome::Faulty(fault) if first == "put" => wrong_put(line, fault, reply),
            Outcome::Faulty(_) => {
                let is_text = str::from_utf8(line).is_ok();
                let command = Escaped(if is_text { first.as_bytes() } else { line });
                writeln!(reply, "unknown command: {command}.  Try `help'.")
            }
        }
    }
}

fn wrong_put(line: &[u8], fault: Fault, reply: &mut dyn fmt::Write) -> fmt::Result {
    let line = Escaped(line);
    match fault {
        Fault::Form => {
            writeln!(reply, "put: illegal argument: not enough arguments (need least 4): {line}")
        }
        Fault::NotFinite => {
            writeln!(reply, "put: illegal argument: value is NaN or Infinite: {line}")
        }
        Fault::Value => writeln!(reply, "put: invalid value: {line}"),
        Fault::Time => writeln!(reply, "put: illegal argument: invalid timestamp: {line}"),
        Fault::Tags => writeln!(reply, "put: illegal argument: invalid tag: {line}"),
        fault => writeln!(reply, "put: illegal argument: {fault}: {line}"),
    }
}

/// Returns a line up to the first byte that is no UTF-8.
fn text_of(line: &[u8]) -> &str {
    str::from_utf8(line)
        .or_else(|error| {
            let (text, _) = line.split_at(error.valid_up_to());
            str::from_utf8(text)
        })
        .unwrap_or_default()
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split([' ', '\t']).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use metric_driver::Next;
    use metric_proto::{LONGEST_KEY, Limits};
    use metric_query::{Now, TimeUnit};

    use super::*;
    use crate::door::Door;
    use crate::memory::{Memory, Wire};
    use crate::session::LineSession;

    fn lines(unit: TimeUnit) -> OpenTsdbLines {
        let clock = Clock::new(unit, || Now { seconds: 1_700_000_000, nanoseconds: 0 });
        OpenTsdbLines::new(clock, "metric-test", "1.0")
    }

    /// Sends text in pieces of a size; returns the replies and what is stored.
    fn talk(sent: &str, size: usize) -> (Next, String, Vec<String>) {
        let mut store = Memory::default();
        let door = Arc::new(Door::new(lines(TimeUnit::Milliseconds), Limits::DESKTOP));
        let mut wire = Wire::new(LineSession::new(&mut store, door, ([127, 0, 0, 1], 1).into()));
        let next = wire.receive_all(sent.as_bytes().chunks(size));
        let replies = String::from_utf8(wire.replies).unwrap();
        (next, replies, store.lines())
    }

    #[test]
    fn a_put_is_stored_without_a_reply() {
        let sent = "put sys.cpu 1356998400 42.5 host=b cpu=0\r\n\
            put sys.cpu 1356998400500 -1 cpu=0  host=b \n\n\
            put a% 1356998400.25 1e3 b=c/d\n\
            put twice 1356998400 7 a=1 b=2 a=1 b=2\n";
        let stored = [
            "a%25;b=c/d 1000.0 1356998400250",
            "sys.cpu;cpu=0;host=b 42.5 1356998400000",
            "sys.cpu;cpu=0;host=b -1.0 1356998400500",
            "twice;a=1;b=2 7.0 1356998400000",
        ];
        for size in [1, 5, sent.len()] {
            let (next, replies, found) = talk(sent, size);
            assert_eq!((next, replies.as_str()), (Next::Input, ""));
            assert_eq!(found, stored);
        }
    }

    #[test]
    fn a_wrong_line_is_answered_as_opentsdb_words_it() {
        for (line, reply) in [
            ("version", "metric-test 1.0 takes OpenTSDB's put"),
            ("help", "available commands: put version help exit "),
            ("get a", "unknown command: get.  Try `help'."),
            ("put", "put: illegal argument: not enough arguments (need least 4): put"),
            ("put a 1 2", "put: illegal argument: not enough arguments (need least 4): put a 1 2"),
            ("put a 1 x b=c", "put: invalid value: put a 1 x b=c"),
            ("put a 1 NaN b=c", "put: illegal argument: value is NaN or Infinite: put a 1 NaN b=c"),
            ("put a x 1 b=c", "put: illegal argument: invalid timestamp: put a x 1 b=c"),
            ("put a 0 1 b=c", "put: illegal argument: invalid timestamp: put a 0 1 b=c"),
            ("put a -1 1 b=c", "put: illegal argument: invalid timestamp: put a -1 1 b=c"),
            ("put a 1 1 b", "put: illegal argument: invalid tag: put a 1 1 b"),
            ("put a 1 1 b=c=d", "put: illegal argument: invalid tag: put a 1 1 b=c=d"),
            ("put a 1 1 b=", "put: illegal argument: invalid tag: put a 1 1 b="),
            ("put a 1 1 b=1 b=2", "put: illegal argument: invalid tag: put a 1 1 b=1 b=2"),
        ] {
            let (_, replies, stored) = talk(&format!("{line}\n"), 3);
            assert_eq!((replies, stored.len()), (format!("{reply}\n"), 0));
        }
        for size in [1, 10_000] {
            let (_, replies, _) = talk(&format!("put a 1 1 b={}\n", "c".repeat(700)), size);
            assert_eq!(replies, "", "a line that is too long has no reply, in pieces or not");
        }
        let (next, replies, stored) = talk("exit\nput a 1 1 b=c\n", 100);
        assert_eq!((next, replies.as_str(), stored.len()), (Next::Close, "", 0));
    }

    #[test]
    fn a_line_that_is_no_utf8_is_answered_by_its_command() {
        for (line, reply) in [
            (
                &b"put a\xff 1 1 b=c"[..],
                "put: illegal argument: a path is no key: it takes UTF-8 without white space: \
                 put a\\xff 1 1 b=c\n",
            ),
            (b"get\xff a", "unknown command: get\\xff a.  Try `help'.\n"),
        ] {
            let fault = lines(TimeUnit::Seconds).read(line, &mut [0; LONGEST_KEY]).unwrap_err();
            let mut told = String::new();
            lines(TimeUnit::Seconds).reply(line, Outcome::Faulty(fault), &mut told).unwrap();
            assert_eq!(told, reply);
        }
    }

    #[test]
    fn no_reply_is_longer_than_is_said() {
        let line = ["put ", &"\u{1b}".repeat(630)].concat();
        let other = "\u{1b}".repeat(630);
        for line in [line, other] {
            for fault in Fault::ALL {
                let mut reply = String::new();
                let outcome = Outcome::Faulty(fault);
                lines(TimeUnit::Seconds).reply(line.as_bytes(), outcome, &mut reply).unwrap();
                assert!(reply.len() <= OpenTsdbLines::LONGEST_REPLY && reply.ends_with('\n'));
            }
        }
    }

    #[test]
    fn times_are_seconds_or_milliseconds_by_their_size() {
        for (time, unit, expected) in [
            ("4294967295", TimeUnit::Seconds, Ok(4_294_967_295)),
            ("4294967296", TimeUnit::Seconds, Ok(4_294_967)),
            ("1356998400999", TimeUnit::Seconds, Ok(1_356_998_400)),
            ("1356998400.999", TimeUnit::Seconds, Ok(1_356_998_400)),
            ("1356998400.999", TimeUnit::Nanoseconds, Ok(1_356_998_400_999_000_000)),
            ("1356998400999.5", TimeUnit::Seconds, Err(Fault::Time)),
            ("1e9", TimeUnit::Seconds, Err(Fault::Time)),
            ("N", TimeUnit::Seconds, Err(Fault::Time)),
            ("99999999999999999999", TimeUnit::Seconds, Err(Fault::Time)),
            ("9223372036854775807", TimeUnit::Nanoseconds, Err(Fault::TooFar)),
        ] {
            assert_eq!(lines(unit).time(time), expected, "{time} in {unit}");
        }
    }
}
