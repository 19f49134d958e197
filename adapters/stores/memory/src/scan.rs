//! Scanning a store from a position on.

use std::ops::Bound::{Excluded, Included, Unbounded};
use std::ops::ControlFlow;
use std::sync::{Arc, PoisonError};

use metric_chunk::Until;
use metric_proto::{
    Key, Portion, Position, Query, Resume, Sample, Scan, Series as Select, Summary,
};

use crate::MemoryStore;
use crate::backing::{Backing, Unread};
use crate::index::{Index, Place};
use crate::piece::Piece;
use crate::series::{Found, NONE, Range, Series};
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
        let end = self.walk(query, from, &read, |key, series, range| {
            series.find(range, &read, |sample| {
                shown |= B::WAITS;
                visit(key, sample).is_break()
            })
        });
        unless_shown(end, shown, from)
    }

    /// Scans as [`Store::aggregate`](metric_proto::Store::aggregate) does. `read` reads the runs that
    /// are elsewhere, and `pieces` what may be shown together of one that has no timestamp after the
    /// given one.
    pub fn aggregate_over(
        &self,
        (query, from): (&Query<'_>, Position),
        end_of: impl Fn(i64) -> i64,
        read: impl Fn(&B::Run) -> Result<Vec<Sample>, Unread>,
        pieces: impl Fn(&B::Run, i64, Until<'_>) -> Result<Vec<Piece>, Unread>,
        mut visit: impl FnMut(Key<'_>, Portion<'_>) -> ControlFlow<usize>,
    ) -> Scan {
        let mut shown = false;
        let end = self.walk(query, from, &read, |key, series, range| {
            series.find_portion(range, &end_of, &pieces, |portion| {
                shown |= B::WAITS;
                visit(key, portion)
            })
        });
        unless_shown(end, shown, from)
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

    /// Searches the series of a query from a position on, until `find` finds something.
    fn walk(
        &self,
        query: &Query<'_>,
        from: Position,
        read: impl Fn(&B::Run) -> Result<Vec<Sample>, Unread>,
        find: impl FnMut(Key<'_>, &Series<B::Run>, Range) -> Found,
    ) -> Scan {
        match query.series {
            Select::Key(key) => self.walk_key(query, key, from, read, find),
            _ => self.walk_many(query, from, read, find),
        }
    }

    fn walk_key(
        &self,
        query: &Query<'_>,
        key: Key<'_>,
        from: Position,
        read: impl Fn(&B::Run) -> Result<Vec<Sample>, Unread>,
        mut find: impl FnMut(Key<'_>, &Series<B::Run>, Range) -> Found,
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
        let end = self.walk_series(query, (key, place), &shard, range, read, &mut find);
        end.err().unwrap_or(Scan::Done)
    }

    fn walk_many(
        &self,
        query: &Query<'_>,
        from: Position,
        read: impl Fn(&B::Run) -> Result<Vec<Sample>, Unread>,
        mut find: impl FnMut(Key<'_>, &Series<B::Run>, Range) -> Found,
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
            let end = self.walk_series(query, (key, place), &shard, range, &read, &mut find);
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

    /// Searches a series; returns how the scan ends if it ends there.
    fn walk_series(
        &self,
        query: &Query<'_>,
        (key, place): (Key<'_>, Place),
        shard: &Shard<B>,
        range: Option<Range>,
        read: impl Fn(&B::Run) -> Result<Vec<Sample>, Unread>,
        find: &mut impl FnMut(Key<'_>, &Series<B::Run>, Range) -> Found,
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
        match find(key, &slot.series, (next, last)) {
            Ok(None) => Ok(()),
            Ok(Some(sample)) => Err(Scan::Stopped(position(sample.timestamp(), last))),
            Err((Unread::NotYet, next)) => Err(Scan::NotYet(position(next, last))),
            Err((Unread::Refused, _)) => Err(Scan::Refused),
        }
    }
}

/// Returns how a scan ends. If nothing was shown, a reply need not begin yet.
fn unless_shown(end: Scan, shown: bool, from: Position) -> Scan {
    match end {
        Scan::NotYet(_) if !shown => Scan::NotYet(from),
        end => end,
    }
}

/// The key at which a scan resumes, and the rest of its series.
type Start = (Option<Arc<[u8]>>, Option<Range>);
