//! Reading the samples of a series, in turns.

use std::ops::ControlFlow::{Break, Continue};
use std::slice;

use metric_proto::{
    Portion, Position, Query, Request, Sample, Scan, Selector, Series, Store, Summary,
};

use crate::out::failure::Failure;
use crate::out::query::{Host, Running};
use crate::out::window::Window;

/// A sample takes so many steps to read, and less if it was read before; a series as many as some samples.
const SAMPLE: usize = 8;
const AGAIN: usize = 2;
const SERIES: usize = 64;

/// So many samples are read at once.
const PIECE: usize = 1_024;

/// Samples of a series.
pub(crate) enum Samples<'a> {
    /// Those of a query, from a position on; `None` if there are no more.
    Stored(Option<Query<'a>>, Position),
    /// Those that were read.
    Kept(&'a [Sample]),
}

impl Samples<'_> {
    pub(crate) fn has_more(&self) -> bool {
        match self {
            Self::Stored(query, _) => query.is_some(),
            Self::Kept(samples) => !samples.is_empty(),
        }
    }

    /// Reads some, of which there may be many at once, and lets others have a turn after many.
    pub(crate) async fn read<H: Host>(
        &mut self,
        running: &mut Running<H>,
        mut visit: impl FnMut(&[Sample]),
    ) -> Result<(), Failure> {
        let (query, position) = match self {
            Self::Stored(Some(query), position) => (query, position),
            Self::Stored(None, _) => return Ok(()),
            Self::Kept(samples) => {
                let (some, rest) = samples.split_at(samples.len().min(PIECE));
                visit(some);
                *samples = rest;
                return running.compute(AGAIN * (some.len() + SERIES)).await;
            }
        };
        let mut count = 0;
        // Each sample is an interval of its own, so that samples are shown, but many at once.
        let alone = |timestamp| timestamp;
        let scan = running.host.store().aggregate(query, *position, alone, |_, portion| {
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
            Scan::Done => *self = Self::Kept(&[]),
            Scan::Stopped(from) => *position = from,
            Scan::NotYet(from) => {
                if let Series::Key(key) = query.series {
                    running.host.store().want(Request::Get(Selector::Key(key)), from);
                }
                *position = from;
                running.host.ready().await?;
            }
            Scan::Refused => return Err(Failure::Unavailable),
        }
        running.compute(SAMPLE * (count + SERIES)).await
    }
}

/// Where the samples of a series in a window are.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    key: &'a str,
    kept: Option<&'a [Sample]>,
}

impl<'a> Source<'a> {
    /// Returns all samples of the window.
    pub(crate) fn samples(self, window: &Window) -> Samples<'a> {
        self.newest(window, usize::MAX)
    }

    /// Returns the newest samples, so many at most, of the window or of one that ends earlier.
    pub(crate) fn newest(self, window: &Window, most: usize) -> Samples<'a> {
        let Some(kept) = self.kept else {
            return Samples::Stored(window.query(self.key, most), Position::START);
        };
        let end = kept.partition_point(|sample| window.second(*sample) <= window.until);
        Samples::Kept(kept.get(end.saturating_sub(most)..end).unwrap_or_default())
    }

    /// Returns the newest samples of any window, so many at most.
    pub(crate) fn newest_ever(self, window: &Window, most: usize) -> Samples<'a> {
        Source { kept: None, ..self }.newest(window, most)
    }
}

/// The samples of a series in a window, if they are few enough to be kept while they are looked at again.
#[derive(Default)]
pub(crate) struct Kept(Vec<Sample>);

/// So many are few enough.
const FEW: usize = 16_384;

impl Kept {
    /// Returns where the samples of a series are. They are read if they are few, and if there is memory
    /// for them.
    pub(crate) async fn read<'a, H: Host>(
        &'a mut self,
        query: &mut Running<H>,
        (key, summary): (&'a str, &Summary),
        window: &Window,
    ) -> Result<Source<'a>, Failure> {
        let Self(kept) = self;
        kept.clear();
        if !reserve(kept, query, summary.samples) {
            return Ok(Source { key, kept: None });
        }
        let (mut samples, mut is_whole) = (Source { key, kept: None }.samples(window), true);
        while samples.has_more() && is_whole {
            let keep = |some: &[Sample]| {
                // Others may have been added since.
                is_whole = is_whole && some.len() <= kept.capacity() - kept.len();
                kept.extend_from_slice(if is_whole { some } else { &[] });
            };
            samples.read(query, keep).await?;
        }
        Ok(Source { key, kept: is_whole.then_some(kept.as_slice()) })
    }

    /// Gives the memory back.
    pub(crate) fn end<H: Host>(self, query: &mut Running<H>) {
        let Self(kept) = self;
        let bytes = kept.capacity() * size_of::<Sample>();
        query.held.shrink(query.held.bytes().saturating_sub(bytes));
    }
}

/// Makes room for samples, if they are few and there is memory.
fn reserve<H: Host>(kept: &mut Vec<Sample>, query: &mut Running<H>, samples: usize) -> bool {
    let more = samples.saturating_sub(kept.capacity());
    let has_room = samples <= FEW && query.held.take(more * size_of::<Sample>()).is_ok();
    if has_room {
        kept.reserve_exact(samples);
    }
    has_room
}
