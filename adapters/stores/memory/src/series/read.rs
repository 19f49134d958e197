//! Reading a series: its summary, and the samples that a query selects.

use std::ops::ControlFlow;
use std::slice;

use metric_chunk::Until;
use metric_proto::{Aggregate, Portion, Query, Sample, Summary};

use super::Series;
use crate::backing::{Run, Unread};
use crate::piece::Piece;

impl<R: Run> Series<R> {
    /// Returns the summary of the series, unless it is empty. Opens one chunk at most.
    pub(crate) fn summary(
        &self,
        read: impl Fn(&R) -> Result<Vec<Sample>, Unread>,
    ) -> Result<Option<Summary>, Unread> {
        let first = self.chunks.as_ref().map(|chunks| chunks.first(read)).transpose()?.flatten();
        let ends = self.head.first().zip(self.head.last());
        Ok(ends.map(|(&oldest_of_head, &last)| Summary {
            samples: self.len,
            first: first.unwrap_or(oldest_of_head),
            last,
        }))
    }

    /// Returns the timestamps that a query selects, up to the newest sample that exists now.
    pub(crate) fn range(
        &self,
        query: &Query<'_>,
        read: impl Fn(&R) -> Result<Vec<Sample>, Unread>,
    ) -> Result<Range, Unread> {
        let Some(skip) = query.newest.checked_sub(1) else { return Ok(NONE) };
        let newest = self.head.last().map_or(i64::MIN, |sample| sample.timestamp());
        let last = query.until.min(newest);
        if query.newest >= self.len {
            return Ok((query.since, last));
        }
        Ok((query.since.max(self.back(last, skip, read)?), last))
    }

    /// Returns the timestamp of the sample that is `skip` places before the newest one at or before
    /// `last`, or `i64::MIN` if there is none.
    fn back(
        &self,
        last: i64,
        skip: usize,
        read: impl Fn(&R) -> Result<Vec<Sample>, Unread>,
    ) -> Result<i64, Unread> {
        let count = self.head.partition_point(|sample| sample.timestamp() <= last);
        match (count.checked_sub(skip + 1), &self.chunks) {
            (Some(place), _) => Ok(self.head[place].timestamp()),
            (None, Some(chunks)) => chunks.back(last, skip - count, read),
            (None, None) => Ok(i64::MIN),
        }
    }

    /// Returns the first sample of a range for which `stops` returns true.
    pub(crate) fn find(
        &self,
        range: Range,
        read: impl Fn(&R) -> Result<Vec<Sample>, Unread>,
        mut stops: impl FnMut(Sample) -> bool,
    ) -> Found {
        let mut find = |samples: &[Sample]| {
            within(samples, range).iter().copied().find(|&sample| stops(sample))
        };
        let is_old = self.head.first().is_some_and(|first| range.0 < first.timestamp());
        for chunks in self.chunks.iter().filter(|_| is_old) {
            for chunk in chunks.within(range, &read) {
                let found = find(&chunk?);
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        Ok(find(&self.head))
    }

    /// Does the same, but looks at many samples at once: at those of a chunk, or at their aggregate if
    /// `read` returns that. `end_of` returns where an interval ends.
    pub(crate) fn find_portion(
        &self,
        range: Range,
        end_of: impl Fn(i64) -> i64,
        read: impl Fn(&R, i64, Until<'_>) -> Result<Vec<Piece>, Unread>,
        mut stops: impl FnMut(Portion<'_>) -> ControlFlow<usize>,
    ) -> Found {
        let until =
            |first| (range.0..=range.1).contains(&first).then(|| end_of(first).min(range.1));
        let behind = self.head.first().map_or(i64::MAX, |first| first.timestamp());
        for chunks in self.chunks.iter().filter(|_| range.0 < behind) {
            for pieces in chunks.pieces(range, behind, &until, &read) {
                for piece in pieces?.as_slice() {
                    let found = match piece {
                        Piece::Samples(samples) => find_among(samples, range, &mut stops),
                        Piece::Aggregate(all) => find_part(slice::from_ref(all), &mut stops),
                        Piece::Parts(parts) => find_part(parts, &mut stops),
                    };
                    if found.is_some() {
                        return Ok(found);
                    }
                }
            }
        }
        Ok(find_among(&self.head, range, stops))
    }
}

fn find_part(
    parts: &[Aggregate],
    mut stops: impl FnMut(Portion<'_>) -> ControlFlow<usize>,
) -> Option<Sample> {
    let stop = parts.iter().find(|part| stops(Portion::Aggregate(**part)).is_break())?;
    Some(stop.first)
}

fn find_among(
    samples: &[Sample],
    range: Range,
    mut stops: impl FnMut(Portion<'_>) -> ControlFlow<usize>,
) -> Option<Sample> {
    let samples = within(samples, range);
    if samples.is_empty() {
        return None;
    }
    samples.get(stops(Portion::Samples(samples)).break_value()?).copied()
}

/// Where a search found what it looked for: `None` if nowhere. If a run cannot be read: why, and the
/// timestamp from which on nothing was looked at.
pub(crate) type Found = Result<Option<Sample>, (Unread, i64)>;

/// Returns the samples of a range.
fn within(samples: &[Sample], (next, last): Range) -> &[Sample] {
    let start = samples.partition_point(|sample| sample.timestamp() < next);
    let end = match samples.last() {
        Some(newest) if newest.timestamp() > last => {
            samples.partition_point(|sample| sample.timestamp() <= last)
        }
        _ => samples.len(),
    };
    samples.get(start..end).unwrap_or_default()
}

/// The first and the last timestamp of an inclusive range.
pub(crate) type Range = (i64, i64);

/// The empty range.
pub(crate) const NONE: Range = (i64::MAX, i64::MIN);
