//! Joining the runs of one series to long ones.

use std::io;

use metric_chunk::{Chunk, MAX_SAMPLES, encode};
use metric_proto::Sample;

use crate::File;
use crate::segment;
use crate::settings::Settings;

/// Samples in order, encoded ones before others.
#[derive(Default)]
pub(crate) struct Part {
    /// The first and the last timestamp, if there are any samples.
    span: Option<(i64, i64)>,
    chunks: Vec<Box<[u8]>>,
    samples: Vec<Sample>,
}

impl Part {
    /// A run that is encoded already, with its first and its last timestamp.
    pub(crate) fn encoded(span: (i64, i64), chunks: Vec<Box<[u8]>>) -> Self {
        Self { span: Some(span), chunks, samples: Vec::new() }
    }

    pub(crate) fn of(samples: Vec<Sample>) -> Self {
        let ends = samples.first().zip(samples.last());
        let span = ends.map(|(first, last)| (first.timestamp(), last.timestamp()));
        Self { span, chunks: Vec::new(), samples }
    }

    /// Returns the number of samples.
    fn count(&self) -> usize {
        let encoded = self.chunks.iter().filter_map(|chunk| Chunk::new(chunk).ok());
        encoded.map(|chunk| chunk.len()).sum::<usize>() + self.samples.len()
    }

    /// Adds samples that are newer.
    fn add(&mut self, newer: Self) {
        if !newer.chunks.is_empty() {
            self.encode();
            self.chunks.extend(newer.chunks);
        }
        self.samples.extend(newer.samples);
        let ends = self.span.or(newer.span).zip(newer.span);
        self.span = ends.map(|(before, newer)| (before.0, newer.1)).or(self.span);
    }

    fn encode(&mut self) {
        let chunks = self.samples.chunks(MAX_SAMPLES).map(|samples| encode(samples).into());
        self.chunks.extend(chunks);
        self.samples.clear();
    }
}

/// Joins runs to long ones and writes them.
pub(crate) struct Joined<'a, 'f, F> {
    segment: &'a mut segment::Writer<'f, F>,
    run_samples: usize,
    run_seconds: u32,
    arrival: u32,
    part: Part,
}

impl<'a, 'f, F: File> Joined<'a, 'f, F> {
    pub(crate) fn new(segment: &'a mut segment::Writer<'f, F>, settings: &Settings) -> Self {
        let (run_samples, run_seconds) = (settings.run_samples, settings.run_seconds());
        Self { segment, run_samples, run_seconds, arrival: 0, part: Part::default() }
    }

    /// Adds samples that are newer than those before.
    pub(crate) fn add(&mut self, arrival: u32, newer: Part) -> io::Result<()> {
        // Runs are never split, since what is in memory refers to whole ones.
        let is_full = self.part.count() + newer.count() > self.run_samples;
        if is_full || self.arrival.abs_diff(arrival) > self.run_seconds {
            self.write_all()?;
        }
        let is_first = self.part.span.is_none();
        self.arrival = if is_first { arrival } else { self.arrival.min(arrival) };
        self.part.add(newer);
        Ok(())
    }

    pub(crate) fn write_all(&mut self) -> io::Result<()> {
        let mut part = std::mem::take(&mut self.part);
        part.encode();
        if part.chunks.is_empty() {
            return Ok(());
        }
        self.segment.run(self.arrival, &part.chunks).map(|_| ())
    }
}
