//! The doors of other protocols: their sessions, and plain readers to compare them with.

mod plain;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;

use arbitrary::{Result, Unstructured};
use metric_driver::{Next, Session};
use metric_graphite::{
    Clock, Door, DoorCounters, GraphiteLines, LineSession, OpenTsdbLines, PickleDoor, PickleSession,
};
use metric_memory::MemoryStore;
use metric_proto::{Limits, Position, Query, Selector, Store};
use metric_query::{Now, TimeUnit};

use self::plain::{Plain, graphite_line, opentsdb_line};

/// The samples by their keys and times, as bits.
type Samples = BTreeMap<(String, i64), u64>;

/// The present time of the tests.
const NOW: i64 = 1_700_000_000;

const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);

/// A connection of [Graphite's lines](GraphiteLines) stores what a plain reader finds in each line, and counts every
/// other line that is not blank, however the bytes are cut.
///
/// The first byte chooses the unit of time and the bounds, the second how the bytes are cut.
///
/// # Panics
///
/// If the law is broken.
pub fn graphite_lines(data: &[u8]) {
    let [choice, size, lines @ ..] = data else { return };
    let (unit, limits) = choose(*choice);
    let read = |line: &str| graphite_line(line, unit.per_second(), NOW);
    let (expected, faults) = expect(lines, limits, read);
    for size in [usize::from(*size) + 1, usize::MAX] {
        let door = Arc::new(Door::new(GraphiteLines::new(clock(unit)), limits));
        let store = MemoryStore::new(1_000, 1_000);
        let session = LineSession::new(&store, Arc::clone(&door), PEER);
        let (next, replies) = talk(session, lines, size);
        if next == Next::Input {
            assert_eq!((all(&store), count(door.counters())), (expected.clone(), faults));
        }
        assert!(replies.is_empty());
    }
}

/// A connection of [OpenTSDB's lines](OpenTsdbLines) stores what a plain reader finds in each put, and replies with one
/// line to every other line that is neither blank nor too long, however the bytes are cut.
///
/// The first bytes are those of [`graphite_lines`].
///
/// # Panics
///
/// If the law is broken.
pub fn opentsdb_lines(data: &[u8]) {
    let [choice, size, lines @ ..] = data else { return };
    let (unit, limits) = choose(*choice);
    let read = |line: &str| opentsdb_line(line, unit.per_second());
    let (expected, _) = expect(lines, limits, read);
    let mut before = None;
    for size in [usize::from(*size) + 1, usize::MAX] {
        let lines_of = OpenTsdbLines::new(clock(unit), "metric-test", "1.0");
        let door = Arc::new(Door::new(lines_of, limits));
        let store = MemoryStore::new(1_000, 1_000);
        let session = LineSession::new(&store, Arc::clone(&door), PEER);
        let (next, replies) = talk(session, lines, size);
        let faults = count(door.counters());
        if next == Next::Input {
            assert_eq!(all(&store), expected);
        }
        assert!(replies.is_ascii() && (replies.is_empty() || replies.ends_with(b"\n")));
        let outcome = (next, replies, faults, all(&store));
        assert!(before.replace(outcome.clone()).is_none_or(|before| before == outcome));
    }
}

/// What a [connection of pickles](PickleSession) stores and counts of any bytes does not depend on how they are cut. A
/// list of samples that a plain writer pickles is stored to the bit.
///
/// The first byte chooses one of both, the second how the bytes are cut.
///
/// # Panics
///
/// If the law is broken.
pub fn pickles(data: &[u8]) {
    let [choice, size, rest @ ..] = data else { return };
    if *choice % 2 == 0 {
        let [one, other] = [usize::from(*size) + 1, usize::MAX].map(|size| receive(rest, size));
        assert!(one == other, "{one:?}, {other:?}");
        return;
    }
    let samples = listed(Unstructured::new(rest)).expect("what is missing is zeros");
    for form in plain::FORMS {
        let pickle = plain::pickle(&samples, form);
        let frame = [&(pickle.len() as u32).to_be_bytes(), &pickle[..]].concat();
        let (next, faults, stored) = receive(&frame, usize::from(*size) + 1);
        let expected =
            samples.iter().map(|(key, time, value)| ((key.clone(), *time), value.to_bits()));
        assert_eq!((next, faults, stored), (Next::Input, 0, expected.collect()), "{form:?}");
    }
}

/// Returns what became of frames: what comes next, the number of faults, and what is stored.
fn receive(frames: &[u8], size: usize) -> (Next, u64, Samples) {
    let door = Arc::new(PickleDoor::new(clock(TimeUnit::Seconds), Limits::DESKTOP));
    let store = MemoryStore::new(1_000, 1_000);
    let session = PickleSession::new(&store, Arc::clone(&door), PEER);
    let (next, _) = talk(session, frames, size);
    (next, count(door.counters()), all(&store))
}

/// Makes up some samples, whose paths are plain.
fn listed(mut data: Unstructured<'_>) -> Result<Vec<(String, i64, f64)>> {
    let count = data.int_in_range(0..=20)?;
    let one = |_| {
        let name = data.int_in_range(0..=9)?;
        let value = f64::from_bits(data.arbitrary()?);
        let value = if value.is_finite() { value } else { 0.5 };
        // -1 stands for the present.
        Ok((format!("k{name}"), data.int_in_range(0..=1_i64 << 40)?, value))
    };
    (0..count).map(one).collect()
}

/// Chooses the unit of time, and the bounds.
fn choose(choice: u8) -> (TimeUnit, Limits) {
    let limits = [Limits::new(60, 8), Limits::DESKTOP][usize::from(choice / 4) % 2];
    (TimeUnit::ALL[usize::from(choice) % 4], limits)
}

fn clock(unit: TimeUnit) -> Clock {
    Clock::new(unit, || Now { seconds: NOW, nanoseconds: 0 })
}

/// Returns what is to be stored, and how many lines have faults.
fn expect(bytes: &[u8], limits: Limits, read: impl Fn(&str) -> Option<Plain>) -> (Samples, u64) {
    let (mut samples, mut faults) = (Samples::new(), 0);
    let mut lines: Vec<_> = bytes.split(|&byte| byte == b'\n').collect();
    // What follows the last line feed is no line.
    faults += u64::from(lines.pop().is_some_and(|rest| !rest.is_empty()));
    for line in lines {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let found =
            str::from_utf8(line).ok().filter(|_| line.len() <= limits.line()).and_then(&read);
        match found {
            Some(Plain { key, time, value }) if key.len() <= limits.key() => {
                samples.insert((key, time), value.to_bits());
            }
            _ if line.len() <= limits.line() && line.iter().all(u8::is_ascii_whitespace) => {}
            _ => faults += 1,
        }
    }
    (samples, faults)
}

/// Gives bytes to a session in pieces of a size, as the loop of a connection does.
fn talk(mut session: impl Session, mut bytes: &[u8], size: usize) -> (Next, Vec<u8>) {
    let (mut input, mut replies, mut output) = (Vec::new(), Vec::new(), vec![0; 1_024]);
    loop {
        let (piece, rest) = bytes.split_at(size.min(session.min_input()).min(bytes.len()));
        (bytes, input) = (rest, [&input, piece].concat());
        if piece.is_empty() {
            session.end_input();
        }
        let next = loop {
            let progress = session.process(&input, &mut output, 0);
            input.drain(..progress.consumed);
            replies.extend_from_slice(&output[..progress.filled]);
            if progress.next != Next::Output {
                break progress.next;
            }
        };
        if next != Next::Input || piece.is_empty() {
            return (next, replies);
        }
        assert!(input.len() < session.min_input(), "an input buffer can hold it");
    }
}

fn count(counters: &DoorCounters) -> u64 {
    counters.faults().map(|(_, count)| count).sum()
}

fn all(store: &MemoryStore) -> Samples {
    let mut samples = Samples::new();
    let query = Query::from(Selector::All);
    let _ = store.scan(&query, Position::START, |key, sample| {
        samples.insert((key.to_string(), sample.timestamp()), sample.value().to_bits());
        ControlFlow::Continue(())
    });
    samples
}
