//! Reading the samples of a series, in turns.

use std::ops::ControlFlow::{Break, Continue};
use std::slice;

use metric_proto::{Portion, Position, Query, Sample, Scan, Store};

use crate::out::failure::Failure;
use crate::out::query::{Host, Running};

/// A sample takes so many steps, and a series as many as some samples.
const SAMPLE: usize = 8;
const SERIES: usize = 64;

/// So many samples are read at once.
const PIECE: usize = 1_024;

/// The samples of a query.
pub(crate) struct Samples<'a> {
    query: Option<Query<'a>>,
    from: Position,
}

impl<'a> Samples<'a> {
    pub(crate) fn new(query: Option<Query<'a>>) -> Self {
        Self { query, from: Position::START }
    }

    pub(crate) fn has_more(&self) -> bool {
        self.query.is_some()
    }

    /// Reads some, of which there may be many at once, and lets others have a turn after many.
    pub(crate) async fn read<H: Host>(
        &mut self,
        running: &mut Running<H>,
        mut visit: impl FnMut(&[Sample]),
    ) -> Result<(), Failure> {
        let Some(query) = &self.query else { return Ok(()) };
        let mut count = 0;
        // Each sample is an interval of its own, so that samples are shown, but many at once.
        let alone = |timestamp| timestamp;
        let scan = running.host.store().aggregate(query, self.from, alone, |_, portion| {
            let samples = match &portion {
                Portion::Samples(samples) => samples,
                Portion::Aggregate(aggregate) => slice::from_ref(&aggregate.first),
            };
            let taken = samples.get(..PIECE - count).unwrap_or(samples);
            visit(taken);
            count += taken.len();
            if taken.len() < samples.len() { Break(taken.len()) } else { Continue(()) }
        });
        running.take_samples(count)?;
        match scan {
            Scan::Done => self.query = None,
            Scan::Stopped(position) => self.from = position,
            Scan::NotYet(position) => {
                self.from = position;
                running.host.ready().await?;
            }
            Scan::Refused => return Err(Failure::Unavailable),
        }
        running.compute(SAMPLE * (count + SERIES)).await
    }
}
