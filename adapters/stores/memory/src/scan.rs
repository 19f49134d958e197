//! Scanning a store from a position on.

use std::ops::Bound::{Excluded, Included, Unbounded};
use std::ops::ControlFlow;
use std::sync::{Arc, PoisonError};

use metric_proto::{Key, Position, Query, Resume, Sample, Scan, Series, Summary};

use crate::MemoryStore;
use crate::backing::{Backing, Unread};
use crate::index::{Index, Place};
use crate::series::{NONE, Range};
use crate::shard::Shard;

impl<B: Backing> MemoryStore<B> {
    /// Scans as [`Store::scan`](metric_proto::Store::scan) does. `read` reads the runs that are elsewhere.
    pub fn scan_over(
        &self,
        query: &Query<'_>,
        from: Position,
        read: impl Fn(&B::Run) -> Result<Vec<Sample>, Unread>,
        mut visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        let mut shown = false;
        let visit = |key: Key<'_>, sample: Sample| {
            if B::WAITS {
                shown = true;
            }
            visit(key, sample)
        };
        let end = match query.series {
            Series::Key(key) => self.scan_key(query, key, from, read, visit),
            _ => self.scan_many(query, from, read, visit),
        };
        match end {
            // Nothing was shown, so a reply need not begin yet.
            Scan::NotYet(_) if !shown => Scan::NotYet(from),
            end => end,
        }
    }

    /// Visits series as [`Store::series`](metric_proto::Store::series) does. `read` reads the runs that are elsewhere.
    pub fn series_over(
        &self,
        from: &[u8],
        read: impl Fn(&B::Run) -> Result<Vec<Sample>, Unread>,
        mut visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>,
    ) -> Scan {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        for (name, place) in index.places.range::<[u8], _>((Included(from), Unbounded)) {
            let summary = self.shard(place.shard).series()[place.slot].series.summary(&read);
            let summary = match summary {
                Ok(summary) => summary,
                Err(Unread::NotYet) => return Scan::NotYet(Position::START),
                Err(Unread::Refused) => return Scan::Refused,
            };
            let (Ok(key), Some(summary)) = (Key::from_bytes(name), summary) else { continue };
            if visit(key, summary).is_break() {
                return Scan::Stopped(Position::START);
            }
        }
        Scan::Done
    }

    fn scan_key(
        &self,
        query: &Query<'_>,
        key: Key<'_>,
        from: Position,
        read: impl Fn(&B::Run) -> Result<Vec<Sample>, Unread>,
        mut visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        let hash = self.hash(key.as_bytes());
        let number = self.shard_of(hash);
        let shard = self.shard(number);
        let Some(slot) = shard.find(hash, key.as_bytes()) else { return Scan::Done };
        let place = Place { shard: number, slot };
        let resumed = match from.resume(self.identity) {
            // The key may have been removed and put again, as another series.
            Some(resume) if resume.series != self.number(place, &shard.series()[slot]) => {
                return Scan::Done;
            }
            None if !from.is_start() => return Scan::Done,
            resumed => resumed,
        };
        let range = resumed.map(|Resume { next, last, .. }| (next, last));
        let end = self.scan_series(query, (key, place), &shard, range, read, &mut visit);
        end.err().unwrap_or(Scan::Done)
    }

    fn scan_many(
        &self,
        query: &Query<'_>,
        from: Position,
        read: impl Fn(&B::Run) -> Result<Vec<Sample>, Unread>,
        mut visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let (first, mut resumed) = match self.start(&index, from) {
            Ok(start) => start,
            Err(end) => return end,
        };
        let first = match &first {
            Some(key) if resumed.is_none() => Excluded(&**key),
            Some(key) => Included(&**key),
            None => Included(query.series.first()),
        };
        let series = index.places.range::<[u8], _>((first, Unbounded));
        for (name, &place) in series.take_while(|(name, _)| query.series.has(name)) {
            let Ok(key) = Key::from_bytes(name) else { continue };
            let shard = self.shard(place.shard);
            let range = resumed.take();
            let end = self.scan_series(query, (key, place), &shard, range, &read, &mut visit);
            if let Err(end) = end {
                return end;
            }
        }
        Scan::Done
    }

    /// Returns the key at which a scan resumes, and the rest of its series if that still exists. At
    /// the start it returns neither. If the scan cannot resume, returns how it ends.
    fn start(&self, index: &Index, from: Position) -> Result<Start, Scan> {
        if from.is_start() {
            return Ok((None, None));
        }
        let Resume { series, next, last } = from.resume(self.identity).ok_or(Scan::Done)?;
        let place = self.place(series);
        let shard = self.shard(place.shard);
        // The key of a series that was removed stays until another has its slot.
        let slot = shard.series().get(place.slot);
        if let Some(slot) = slot.filter(|slot| self.number(place, slot) == series) {
            let is_there = index.places.get(&slot.key) == Some(&place);
            return Ok((Some(Arc::clone(&slot.key)), is_there.then_some((next, last))));
        }
        let gone = index.gone.iter().find(|(number, _)| *number == series);
        gone.map(|(_, key)| (Some(Arc::clone(key)), None)).ok_or(Scan::Refused)
    }

    /// Scans a series; returns how the scan ends if it ends there.
    fn scan_series(
        &self,
        query: &Query<'_>,
        (key, place): (Key<'_>, Place),
        shard: &Shard<B>,
        range: Option<Range>,
        read: impl Fn(&B::Run) -> Result<Vec<Sample>, Unread>,
        visit: &mut impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Result<(), Scan> {
        let slot = &shard.series()[place.slot];
        let position = |next, last| {
            let series = self.number(place, slot);
            Position::new(self.identity, Resume { series, next, last })
        };
        let begun = range.filter(|range| *range != NONE);
        let range = begun.map_or_else(|| slot.series.range(query, &read), Ok);
        let (next, last) = range.map_err(|unread| match unread {
            // The range is not known yet. A scan never stops in the empty one, so that says so.
            Unread::NotYet => Scan::NotYet(position(NONE.0, NONE.1)),
            Unread::Refused => Scan::Refused,
        })?;
        let found = slot.series.find((next, last), read, |sample| visit(key, sample).is_break());
        match found {
            Ok(None) => Ok(()),
            Ok(Some(sample)) => Err(Scan::Stopped(position(sample.timestamp(), last))),
            Err((Unread::NotYet, next)) => Err(Scan::NotYet(position(next, last))),
            Err((Unread::Refused, _)) => Err(Scan::Refused),
        }
    }
}

/// The key at which a scan resumes, and the rest of its series.
type Start = (Option<Arc<[u8]>>, Option<Range>);
