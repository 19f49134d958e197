//! The two buffers of a call of the server.

use core::ops::ControlFlow::{Break, Continue};

use crate::output::{Output, OutputFull};
use crate::position::Position;
use crate::progress::{Next, Progress, Tally};
use crate::query::Query;
use crate::reply::{END, OK};
use crate::request::Selector;
use crate::sample::write_line;
use crate::store::{Scan, Store};

/// The two buffers of a call, and how far it came with them.
pub(crate) struct Batch<'a> {
    input: &'a [u8],
    consumed: usize,
    pub(crate) output: Output<'a>,
    pub(crate) tally: Tally,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(input: &'a [u8], output: &'a mut [u8], filled: usize) -> Self {
        let output = Output::filled(output, filled);
        Self { input, consumed: 0, output, tally: Tally::default() }
    }

    pub(crate) fn progress(self, next: Next) -> Progress {
        let Self { consumed, output, tally, .. } = self;
        Progress { consumed, filled: output.written(), next, tally }
    }

    pub(crate) fn unread(&self) -> &'a [u8] {
        self.input.get(self.consumed..).unwrap_or_default()
    }

    pub(crate) fn consume(&mut self, count: usize) {
        self.consumed = self.consumed.saturating_add(count);
    }

    pub(crate) fn start_list<S: Store>(&mut self, store: &S, selector: Selector<'_>) -> Scan {
        match self.output.append([OK], 0) {
            Ok(()) => self.list(store, selector, Position::START),
            Err(OutputFull) => Scan::Stopped(Position::START),
        }
    }

    /// Writes sample lines from a position on, with room left for the end of the reply, and stops
    /// at the first that finds no room.
    pub(crate) fn list<S: Store>(
        &mut self,
        store: &S,
        selector: Selector<'_>,
        from: Position,
    ) -> Scan {
        store.scan(&Query::from(selector), from, |key, sample| {
            match write_line(&mut self.output, b"", (key, sample), END.len()) {
                Ok(()) => Continue(()),
                Err(OutputFull) => Break(()),
            }
        })
    }
}
