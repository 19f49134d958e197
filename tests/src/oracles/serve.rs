//! The driver with connections that break in any way.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use arbitrary::{Result, Unstructured};
use metric_driver::{Buffers, Ended, Error, Lines, Progress, Session};
use metric_proto::{FixedStore, MAX_KEY, MIN_OUTPUT, Position, Query, Scan, Series, Store, Tally};

use super::dialogue;
use super::limits::{self, BOARD, SAMPLES, SERIES};
use super::writes::Writes;
use crate::scripted_stream::{Failure, Script, ScriptedStream};
use metric_conformance::ModelStore;
use metric_conformance::model::value::value_text;
use metric_conformance::reply::assert_same;

/// Connections are cut, delayed, stopped, broken or dropped, one after another with the same buffers.
/// Each gets a prefix of its own replies and no other byte. The store contains exactly the samples of
/// the answered lines. A connection that its peer ends gets all its replies, and one that is stopped
/// gets the replies to all lines that were read. In both cases a reply that fits an output is not
/// split, however short the turns are.
///
/// The bytes are connections.
///
/// # Panics
///
/// If the law is broken.
pub fn serve(data: &[u8]) {
    let mut source = Unstructured::new(data);
    let mut world = World::new();
    let filled = source.int_in_range(0..=SERIES * SAMPLES).unwrap_or_default();
    let puts = dialogue::longest_puts(BOARD, filled);
    let turn = usize::MAX;
    world.serve(&Visit { script: Script::PLAIN, polls: ENOUGH, turn, sent: puts.as_bytes() });
    while let Some(visit) = next(&mut source) {
        world.serve(&visit);
    }
}

/// A connection: the behaviour of its stream, the number of polls, and the bytes that it receives.
struct Visit<'a> {
    script: Script,
    polls: usize,
    turn: usize,
    sent: &'a [u8],
}

fn next<'a>(source: &mut Unstructured<'a>) -> Option<Visit<'a>> {
    (!source.is_empty()).then(|| visit(source).ok())?
}

fn visit<'a>(source: &mut Unstructured<'a>) -> Result<Visit<'a>> {
    let script = Script {
        read: 1 + usize::from(source.arbitrary::<u8>()?),
        write: usize::from(source.arbitrary::<u8>()?),
        delays: source.arbitrary()?,
        fails_at: number(source)?,
        stops_at: number(source)?,
    };
    let polls = number(source)?.unwrap_or(ENOUGH);
    let length = usize::from(source.arbitrary::<u8>()?).min(source.len());
    let turn = BOARD.min_input() + usize::from(source.arbitrary::<u8>()?);
    Ok(Visit { script, polls, turn, sent: source.bytes(length.min(source.len()))? })
}

/// More polls than any connection needs to end.
const ENOUGH: usize = 1_000_000;

/// Returns the number of the call or poll at which something happens, if anything does.
fn number(source: &mut Unstructured<'_>) -> Result<Option<usize>> {
    Ok(usize::from(source.arbitrary::<u8>()?).checked_sub(1))
}

type Outcome = Option<std::result::Result<Ended, Error<Failure>>>;

/// The state that outlives a connection, and the model of it.
struct World {
    store: RefCell<FixedStore<SERIES, SAMPLES, MAX_KEY>>,
    /// Room for several turns.
    buffers: Buffers<{ 4 * BOARD.min_input() }, MIN_OUTPUT>,
    model: ModelStore,
}

impl World {
    fn new() -> Self {
        let model = ModelStore::new(limits::bounds(BOARD));
        Self { store: RefCell::default(), buffers: Buffers::new(), model }
    }

    fn serve(&mut self, visit: &Visit<'_>) {
        let mut stream = ScriptedStream::new(visit.script, visit.sent);
        let (ended, answered) = self.poll(&mut stream, visit);
        let read = &visit.sent[..visit.sent.len() - stream.unread()];
        let lines: Vec<&[u8]> = dialogue::lines(read).collect();
        assert!(answered <= lines.len(), "{answered} of {} lines are answered", lines.len());
        let each = dialogue::replies(&mut self.model, &lines[..answered].concat());
        let replies = each.concat();
        self.check_written(stream.written(), &replies, lines.get(answered));
        assert_same("what is stored", self.model.rows(None).as_bytes(), self.rows().as_bytes());
        if matches!(ended, Some(Ok(_))) {
            Writes::new(stream.written(), stream.sends()).check(&each, MIN_OUTPUT);
        }
        let is_whole = answered == lines.len() && stream.written() == replies;
        match ended {
            Some(Ok(Ended::ByPeer)) => assert!(is_whole && stream.unread() == 0),
            Some(Ok(Ended::Stopped)) => assert!(is_whole && visit.script.stops_at.is_some()),
            Some(Err(Error::Stream(Failure))) => assert!(visit.script.fails_at.is_some()),
            Some(Err(Error::WriteZero)) => assert_eq!(visit.script.write, 0),
            Some(other) => panic!("{other:?}"),
            None => assert!(visit.polls < ENOUGH, "it does not end"),
        }
    }

    /// Serves a connection until it ends, or drops it. Also returns the number of answered lines.
    fn poll(&mut self, stream: &mut ScriptedStream, visit: &Visit<'_>) -> (Outcome, usize) {
        let mut answered = 0;
        let count =
            |tally: Tally, _: &[u8]| answered += (tally.requests + tally.wrong_commands) as usize;
        let lines = Turns(Lines::new(BOARD, &self.store, count), visit.turn);
        let ended = {
            let mut served = pin!(metric_driver::serve(stream, &mut self.buffers, lines));
            let mut context = Context::from_waker(Waker::noop());
            let mut poll = || match served.as_mut().poll(&mut context) {
                Poll::Ready(ended) => Some(ended),
                Poll::Pending => None,
            };
            (0..visit.polls).find_map(|_| poll())
        };
        (ended, answered)
    }

    /// Fails unless the written bytes are a prefix of the replies, followed by the next listing.
    fn check_written(&self, written: &[u8], replies: &[u8], listed: Option<&&[u8]>) {
        let get = listed.copied().filter(|line| line.starts_with(b"get ")).unwrap_or_default();
        let listing = dialogue::replies(&mut self.model.clone(), get);
        let due = [replies, &listing.concat()].concat();
        assert_same("the replies", &due[..written.len().min(due.len())], written);
    }

    fn rows(&self) -> String {
        let mut rows = String::new();
        let end =
            self.store.borrow().scan(&Query::all(Series::All), Position::START, |key, sample| {
                let value = value_text(sample.value());
                rows += &format!("{key} {value} {}\n", sample.timestamp());
                ControlFlow::Continue(())
            });
        assert_eq!(end, Scan::Done);
        assert_eq!((&self.store).counters().samples, rows.lines().count());
        rows
    }
}

/// A session with turns of a given length.
struct Turns<T>(T, usize);

impl<T: Session> Session for Turns<T> {
    fn min_input(&self) -> usize {
        self.0.min_input()
    }

    fn min_output(&self) -> usize {
        self.0.min_output()
    }

    fn turn(&self) -> usize {
        self.1
    }

    fn process(&mut self, input: &[u8], output: &mut [u8], filled: usize) -> Progress {
        self.0.process(input, output, filled)
    }
}
