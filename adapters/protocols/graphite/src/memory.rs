//! Stores for tests, and a loop that gives pieces to a session.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::task::{Context, Poll, Waker};

use metric_driver::{Next, Session};
use metric_proto::{
    Key, Lost, Position, Query, Refused, Request, Sample, Scan, Store, StoreCounters, Summary,
};

/// All samples.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    samples: BTreeMap<(String, i64), Sample>,
}

impl Memory {
    /// Returns the samples as lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |((key, _), sample): (&(String, i64), &Sample)| {
            format!("{key} {:?} {}", sample.value(), sample.timestamp())
        };
        self.samples.iter().map(line).collect()
    }
}

impl Store for Memory {
    const WAITS: bool = false;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        self.samples.insert((key.to_string(), sample.timestamp()), sample);
        Ok(())
    }

    fn remove(&mut self, _: Key<'_>) -> Result<bool, Refused> {
        Ok(false)
    }

    fn scan(
        &self,
        _: &Query<'_>,
        _: Position,
        _: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        Scan::Done
    }

    fn series(&self, _: &[u8], _: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
        Scan::Done
    }

    fn counters(&self) -> StoreCounters {
        StoreCounters::default()
    }
}

/// The same, but each put must be announced and waited for, and announced ones must come in order.
#[derive(Debug, Default)]
pub(crate) struct Patient {
    memory: Memory,
    announced: Vec<(String, Sample)>,
    ready: Vec<(String, Sample)>,
}

impl Patient {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.memory.lines()
    }
}

impl Store for Patient {
    const WAITS: bool = true;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        let ready = self.ready.iter().position(|ready| ready == &(key.to_string(), sample));
        let Some(at) = ready else { return Err(Refused::NotYet) };
        self.ready.remove(at);
        self.memory.put(key, sample)
    }

    fn remove(&mut self, _: Key<'_>) -> Result<bool, Refused> {
        Ok(false)
    }

    fn scan(
        &self,
        _: &Query<'_>,
        _: Position,
        _: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        Scan::Done
    }

    fn series(&self, _: &[u8], _: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
        Scan::Done
    }

    fn counters(&self) -> StoreCounters {
        StoreCounters::default()
    }

    fn want(&mut self, request: Request<'_>, _: Position) -> bool {
        let Request::Put { key, sample } = request else { return false };
        self.announced.push((key.to_string(), sample));
        true
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        self.ready.append(&mut self.announced);
        Poll::Ready(Ok(()))
    }
}

/// A session, what it has not consumed, and what it replied.
#[derive(Debug)]
pub(crate) struct Wire<T> {
    session: T,
    input: Vec<u8>,
    pub(crate) replies: Vec<u8>,
}

impl<T: Session> Wire<T> {
    pub(crate) fn new(session: T) -> Self {
        Self { session, input: Vec::new(), replies: Vec::new() }
    }

    /// Gives a piece to the session, as the loop of a connection does.
    pub(crate) fn receive(&mut self, piece: &[u8]) -> Next {
        self.input.extend_from_slice(piece);
        let mut output = vec![0; 1024];
        loop {
            let progress = self.session.process(&self.input, &mut output, 0);
            self.input.drain(..progress.consumed);
            let ready = self.session.poll_ready(&mut Context::from_waker(Waker::noop()));
            assert_eq!(ready, Poll::Ready(Ok(())));
            self.replies.extend_from_slice(&output[..progress.filled]);
            if !matches!(progress.next, Next::Wait | Next::Output) {
                return progress.next;
            }
        }
    }

    /// Gives all pieces to the session, and then the end of the input unless it ends the connection.
    pub(crate) fn receive_all<'a>(&mut self, pieces: impl IntoIterator<Item = &'a [u8]>) -> Next {
        for piece in pieces {
            let next = self.receive(piece);
            if next != Next::Input {
                return next;
            }
        }
        self.session.end_input();
        self.receive(b"")
    }
}
