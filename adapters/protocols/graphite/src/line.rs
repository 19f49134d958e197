//! The lines of Graphite: `path value time`.

use std::fmt;

use metric_proto::{Key, Sample, parse_sample};

use crate::dialect::{Dialect, Outcome, Said};
use crate::fault::Fault;
use crate::number::value;
use crate::path::{self, Room};
use crate::time::Clock;

/// The lines of Graphite: a path, a value and a time in seconds, with white space between them. By
/// custom there are no replies.
#[derive(Clone, Copy, Debug)]
pub struct GraphiteLines {
    clock: Clock,
}

impl GraphiteLines {
    /// Creates the dialect of a server.
    #[must_use]
    pub const fn new(clock: Clock) -> Self {
        Self { clock }
    }

    /// Reads a line that is written as most are, with its path as the key.
    fn read_plain<'a>(&self, line: &'a [u8]) -> Option<Result<(Key<'a>, Sample), Fault>> {
        let (key, sample) = parse_sample(line)?;
        let sample = || {
            let timestamp = self.clock.seconds(sample.timestamp())?;
            Sample::new(sample.value(), timestamp).map_err(|_| Fault::NotFinite)
        };
        path::is_plain(key.as_bytes()).then(|| Ok((key, sample()?)))
    }

    /// Reads any line.
    fn read_any<'a>(
        &self,
        line: &'a [u8],
        room: &'a mut Room,
    ) -> Result<Option<(Key<'a>, Sample)>, Fault> {
        let mut parts = line.split(u8::is_ascii_whitespace).filter(|part| !part.is_empty());
        let Some(path) = parts.next() else { return Ok(None) };
        let (Some(number), Some(time), None) = (parts.next(), parts.next(), parts.next()) else {
            return Err(Fault::Form);
        };
        let sample = Sample::new(value(number)?, self.clock.read(time)?);
        Ok(Some((path::key(path, room)?, sample.map_err(|_| Fault::NotFinite)?)))
    }
}

impl Dialect for GraphiteLines {
    const LONGEST_REPLY: usize = 0;

    fn read<'a>(&self, line: &'a [u8], room: &'a mut Room) -> Result<Said<'a>, Fault> {
        let read = match self.read_plain(line) {
            Some(read) => Some(read?),
            None => self.read_any(line, room)?,
        };
        Ok(read.map_or(Said::Nothing, |(key, sample)| Said::Sample(key, sample)))
    }

    fn reply(&self, _: &[u8], _: Outcome, _: &mut dyn fmt::Write) -> fmt::Result {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use metric_proto::LONGEST_KEY;
    use metric_query::{Now, TimeUnit};

    use super::*;

    fn lines(unit: TimeUnit) -> GraphiteLines {
        GraphiteLines::new(Clock::new(unit, || Now { seconds: 1_700_000_000, nanoseconds: 0 }))
    }

    #[test]
    fn a_sample_is_read_however_its_parts_are_apart() {
        for (line, key, value, timestamp) in [
            ("palm.cpu 23.7 1150864247", "palm.cpu", 23.7, 1_150_864_247),
            ("palm.cpu  23.7\t 1150864247", "palm.cpu", 23.7, 1_150_864_247),
            (" palm.cpu 23.7 1150864247 ", "palm.cpu", 23.7, 1_150_864_247),
            ("palm.cpu 23.7 1150864247\r", "palm.cpu", 23.7, 1_150_864_247),
            ("palm.cpu -1e3 1150864247.75", "palm.cpu", -1e3, 1_150_864_247),
            ("palm.cpu -0 -1", "palm.cpu", -0.0, 1_700_000_000),
            ("palm.cpu 5 N", "palm.cpu", 5.0, 1_700_000_000),
            ("palm..cpu 5 -2", "palm.cpu", 5.0, -2),
            ("cpu;host=b;core=0 5 1", "cpu;core=0;host=b", 5.0, 1),
            ("put 1 2", "put", 1.0, 2),
        ] {
            let mut room = [0; LONGEST_KEY];
            let read = lines(TimeUnit::Seconds).read(line.as_bytes(), &mut room);
            let expected =
                Said::Sample(Key::new(key).unwrap(), Sample::new(value, timestamp).unwrap());
            assert_eq!(read, Ok(expected), "{line:?}");
        }
        let blank = lines(TimeUnit::Seconds);
        for line in ["", " ", "\t\r"] {
            let mut room = [0; LONGEST_KEY];
            assert_eq!(blank.read(line.as_bytes(), &mut room), Ok(Said::Nothing), "{line:?}");
        }
    }

    #[test]
    fn what_others_write_is_read() {
        for (line, key, value) in [
            // Telegraf, with and without graphite_tag_support.
            ("palm.cpu0.cpu.usage_idle 98.09 1150864247", "palm.cpu0.cpu.usage_idle", 98.09),
            (
                "cpu.usage_idle;cpu=cpu0;host=palm 1 1150864247",
                "cpu.usage_idle;cpu=cpu0;host=palm",
                1.0,
            ),
            (
                "disk.used;_name=a-b 18446744073709551615 1150864247",
                "disk.used;_name=a-b",
                2_f64.powi(64),
            ),
            // statsd
            ("stats.timers.glork.mean_90 1e+21 1150864247", "stats.timers.glork.mean_90", 1e21),
            ("stats.gauges.logins 0.1 1150864247", "stats.gauges.logins", 0.1),
            // collectd
            (
                "palm.load.load.shortterm 12.105957 1150864247\r",
                "palm.load.load.shortterm",
                12.105957,
            ),
        ] {
            let mut room = [0; LONGEST_KEY];
            let read = lines(TimeUnit::Seconds).read(line.as_bytes(), &mut room);
            let sample = Sample::new(value, 1_150_864_247).unwrap();
            assert_eq!(read, Ok(Said::Sample(Key::new(key).unwrap(), sample)), "{line:?}");
        }
    }

    #[test]
    fn a_line_with_a_fault_says_which() {
        for (line, fault) in [
            ("palm.cpu", Fault::Form),
            ("palm.cpu 1", Fault::Form),
            ("palm.cpu 1 2 3", Fault::Form),
            ("put palm.cpu 1 2", Fault::Form),
            ("palm.cpu x 2", Fault::Value),
            ("palm.cpu nan 2", Fault::NotFinite),
            ("palm.cpu 1e400 2", Fault::NotFinite),
            ("palm.cpu 1 x", Fault::Time),
            ("palm.cpu 1 9223372036854775807", Fault::TooFar),
            ("palm.cpu 1 9223372036854775808", Fault::TooFar),
            (".. 1 2", Fault::Path),
            ("a;b 1 2", Fault::Tags),
        ] {
            let mut room = [0; LONGEST_KEY];
            let read = lines(TimeUnit::Milliseconds).read(line.as_bytes(), &mut room);
            assert_eq!(read, Err(fault), "{line:?}");
        }
    }

    #[test]
    fn times_are_in_the_unit_of_the_server() {
        for (line, timestamp) in [("a 1 1150864247", 1_150_864_247_000), ("a 1 0.5", 500)] {
            let mut room = [0; LONGEST_KEY];
            let read = lines(TimeUnit::Milliseconds).read(line.as_bytes(), &mut room);
            let Ok(Said::Sample(_, sample)) = read else { panic!("{line}: {read:?}") };
            assert_eq!(sample.timestamp(), timestamp);
        }
    }
}
