//! Generates the requests.
//!
//! All texts are formatted before the clock starts; a request concatenates up to three of them.

use std::io::Write;

use fastrand::Rng;

use crate::mix::{Kind, Mix};
use crate::options::Options;

/// An endless sequence of requests. Puts cycle through all keys, then advance to the next
/// timestamp. Gets cycle through all keys, too.
pub(crate) struct Workload {
    mix: Mix,
    puts: Vec<Head>,
    values: Vec<String>,
    put: usize,
    get: usize,
    times: Times,
    random: Rng,
}

/// The first part of a put: `put host0000001.value `.
type Head = [u8; HEAD];

const COMMAND: usize = "put ".len();
const KEY: usize = "host0000001.value".len();
const HEAD: usize = COMMAND + KEY + " ".len();

/// The limit of the digits in the key names.
pub(crate) const MAX_KEYS: u64 = 10_000_000;

/// Few enough to fit a processor's cache.
const VALUES: usize = 16_384;

/// A fixed seed, so that every run sends the same requests.
const SEED: u64 = 1;

impl Workload {
    pub(crate) fn new(options: &Options) -> Self {
        let mut random = Rng::with_seed(SEED);
        Self {
            mix: options.mix,
            puts: (0..options.keys).map(head).collect(),
            values: options.values.texts(VALUES, &mut random),
            put: 0,
            get: 0,
            times: Times::new(options.start, options.samples),
            random,
        }
    }

    /// Appends `count` requests to `lines`, and their kinds to `kinds`.
    pub(crate) fn write(&mut self, count: u64, lines: &mut Vec<u8>, kinds: &mut Vec<Kind>) {
        for _ in 0..count {
            let kind = self.mix.draw(&mut self.random);
            match kind {
                Kind::Put => self.write_put(lines),
                Kind::Get => self.write_get(lines),
                Kind::GetAll => lines.extend_from_slice(b"get *\n"),
            }
            kinds.push(kind);
        }
    }

    fn write_put(&mut self, lines: &mut Vec<u8>) {
        lines.extend_from_slice(&self.puts[self.put]);
        // Consecutive samples of a series get consecutive values.
        lines.extend_from_slice(self.values[(self.put + self.times.turn) % VALUES].as_bytes());
        lines.extend_from_slice(&self.times.text);
        self.put += 1;
        if self.put == self.puts.len() {
            self.put = 0;
            self.times.advance();
        }
    }

    fn write_get(&mut self, lines: &mut Vec<u8>) {
        lines.extend_from_slice(b"get ");
        lines.extend_from_slice(&self.puts[self.get][COMMAND..COMMAND + KEY]);
        lines.push(b'\n');
        self.get = (self.get + 1) % self.puts.len();
    }
}

fn head(key: u64) -> Head {
    let mut head = [b' '; HEAD];
    let written = write!(&mut head[..], "put host{key:07}.value");
    debug_assert!(written.is_ok(), "there are too many keys");
    head
}

/// The timestamps, shared by all keys.
struct Times {
    first: i64,
    /// Number of timestamps in a cycle.
    samples: Option<usize>,
    turn: usize,
    /// The last part of a put: ` 1700000000\n`.
    text: Vec<u8>,
}

impl Times {
    fn new(first: i64, samples: u64) -> Self {
        let samples = usize::try_from(samples).ok().filter(|&samples| samples > 0);
        let mut times = Self { first, samples, turn: 0, text: Vec::new() };
        times.write();
        times
    }

    fn advance(&mut self) {
        self.turn += 1;
        if Some(self.turn) == self.samples {
            self.turn = 0;
        }
        self.write();
    }

    fn write(&mut self) {
        self.text.clear();
        let time = self.first.saturating_add(self.turn as i64);
        // Writing to a vector does not fail.
        let _ = writeln!(self.text, " {time}");
    }
}

#[cfg(test)]
mod tests {
    use metric_proto::{Request, Selector, parse_request};

    use super::*;

    fn lines(options: &[&str], count: u64) -> Vec<String> {
        let mut workload = Workload::new(&Options::of(options));
        let (mut lines, mut kinds) = (Vec::new(), Vec::new());
        workload.write(count, &mut lines, &mut kinds);
        assert_eq!(kinds.len() as u64, count);
        String::from_utf8(lines).unwrap().lines().map(str::to_owned).collect()
    }

    fn keys_and_times(options: &[&str], count: u64) -> Vec<(String, i64)> {
        let read = |line: &String| match parse_request(line.as_bytes()) {
            Ok(Request::Put { key, sample }) => (key.as_str().to_owned(), sample.timestamp()),
            other => panic!("{other:?}"),
        };
        lines(options, count).iter().map(read).collect()
    }

    #[test]
    fn puts_go_round_the_keys_and_then_to_the_next_timestamp() {
        let puts = keys_and_times(&["--keys", "2", "--samples", "2", "--start", "-1"], 5);
        let (one, two) = ("host0000000.value", "host0000001.value");
        let expected = [(one, -1), (two, -1), (one, 0), (two, 0), (one, -1)];
        assert_eq!(puts, expected.map(|(key, time)| (key.to_owned(), time)));
    }

    #[test]
    fn without_a_number_of_samples_each_timestamp_is_new() {
        let puts = keys_and_times(&["--keys", "1", "--samples", "0"], 1000);
        assert!(puts.windows(2).all(|pair| pair[0].1 < pair[1].1));
    }

    #[test]
    fn gets_are_for_the_keys_of_the_puts_or_for_all() {
        let gets = lines(&["--keys", "2", "--mix", "get=1"], 3);
        assert_eq!(
            gets,
            ["get host0000000.value", "get host0000001.value", "get host0000000.value"]
        );
        let all = lines(&["--mix", "get-all=1"], 1);
        assert_eq!(parse_request(all[0].as_bytes()), Ok(Request::Get(Selector::All)));
    }

    #[test]
    fn the_last_key_has_room_for_its_name() {
        assert_eq!(&head(MAX_KEYS - 1), b"put host9999999.value ");
    }
}
