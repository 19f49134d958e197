//! What several segments together have of one series: of each timestamp, what the newest has.

use std::io;
use std::iter::Peekable;

use metric_proto::Sample;

use crate::run::Stored;
use crate::segment::{self, Entry};

/// Samples of a series, in the order of their timestamps.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// A run, or its older part.
    Stored(Stored),
    /// Samples of a run that a newer one overlaps, and when the oldest of them arrived.
    Samples(u32, Vec<Sample>),
}

impl Piece {
    pub(crate) fn first(&self) -> i64 {
        match self {
            Self::Stored(stored) => stored.run.first,
            Self::Samples(_, samples) => samples.first().map_or(i64::MAX, |s| s.timestamp()),
        }
    }

    /// The latest timestamp that it may have.
    pub(crate) fn last(&self) -> i64 {
        match self {
            Self::Stored(stored) => stored.last(),
            Self::Samples(_, samples) => samples.last().map_or(i64::MIN, |s| s.timestamp()),
        }
    }

    pub(crate) fn arrival(&self) -> u32 {
        match self {
            Self::Stored(stored) => stored.run.arrival,
            Self::Samples(arrival, _) => *arrival,
        }
    }
}

/// Lays a run of a newer segment over what older ones have. `read` reads a run; a damaged one has
/// no samples.
pub(crate) fn cover(
    pieces: &mut Vec<Piece>,
    segment: u32,
    run: segment::Run,
    mut read: impl FnMut(&Stored) -> io::Result<Vec<Sample>>,
) -> io::Result<()> {
    let start = pieces.partition_point(|piece| piece.last() < run.first);
    let end = start + pieces[start..].partition_point(|piece| piece.first() <= run.last);
    let (mut older, mut newer) = (Vec::new(), Vec::new());
    for piece in pieces.drain(start..end) {
        let (before, after) = outside(piece, run, &mut read)?;
        older.extend(before);
        newer.extend(after);
    }
    older.push(Piece::Stored(Stored::new(segment, run)));
    older.extend(newer);
    pieces.splice(start..start, older);
    Ok(())
}

/// Returns the parts of a piece before and after a run.
fn outside(
    piece: Piece,
    run: segment::Run,
    read: impl FnOnce(&Stored) -> io::Result<Vec<Sample>>,
) -> io::Result<(Option<Piece>, Option<Piece>)> {
    if run.first <= piece.first() && piece.last() <= run.last {
        return Ok((None, None));
    }
    let arrival = piece.arrival();
    let samples = match piece {
        Piece::Stored(stored) => match stored.without_last(run.first) {
            Some(rest) => return Ok((Some(Piece::Stored(rest)), None)),
            None => read(&stored)?,
        },
        Piece::Samples(_, samples) => samples,
    };
    let part = |from: usize, to: usize| {
        (from < to).then(|| Piece::Samples(arrival, samples[from..to].to_vec()))
    };
    let before = samples.partition_point(|sample| sample.timestamp() < run.first);
    let after = samples.partition_point(|sample| sample.timestamp() <= run.last);
    Ok((part(0, before), part(after, samples.len())))
}

/// What some segments, the oldest first, together have of one series.
#[derive(Debug, Default)]
pub(crate) struct Union {
    /// Whether the series was removed at some time, and what is left is newer.
    pub(crate) removed: bool,
    pub(crate) pieces: Vec<Piece>,
    /// When the last put arrived, in seconds since 1970.
    pub(crate) last_arrival: u32,
    /// The last sample of each segment that has runs.
    newest: Vec<(u32, Sample)>,
}

impl Union {
    /// Adds what a newer segment has.
    pub(crate) fn add(
        &mut self,
        segment: u32,
        entry: &Entry,
        mut read: impl FnMut(&Stored) -> io::Result<Vec<Sample>>,
    ) -> io::Result<()> {
        if entry.removal.is_some() {
            *self = Self { removed: true, ..Self::default() };
        }
        for &run in &entry.runs {
            cover(&mut self.pieces, segment, run, &mut read)?;
        }
        self.newest.extend(entry.newest.map(|newest| (segment, newest)));
        self.last_arrival = self.last_arrival.max(entry.last_arrival);
        Ok(())
    }

    /// Takes the newest sample away; returns `None` if there is none.
    pub(crate) fn take_newest(
        &mut self,
        read: impl FnOnce(&Stored) -> io::Result<Vec<Sample>>,
    ) -> io::Result<Option<Sample>> {
        let Some(piece) = self.pieces.pop() else { return Ok(None) };
        let (arrival, mut samples) = match piece {
            Piece::Stored(stored) if stored.is_whole() => {
                // The last run of a segment ends with the sample that its index has.
                let is_of = |(segment, newest): &&(u32, Sample)| {
                    *segment == stored.segment && newest.timestamp() == stored.run.last
                };
                let newest = self.newest.iter().find(is_of).map(|(_, newest)| *newest);
                if newest.is_some() {
                    let rest = stored.without_last(stored.run.last);
                    self.pieces.extend(rest.map(Piece::Stored));
                    return Ok(newest);
                }
                (stored.run.arrival, read(&stored)?)
            }
            Piece::Stored(stored) => (stored.run.arrival, read(&stored)?),
            Piece::Samples(arrival, samples) => (arrival, samples),
        };
        let newest = samples.pop();
        if !samples.is_empty() {
            self.pieces.push(Piece::Samples(arrival, samples));
        }
        Ok(newest)
    }
}

/// Walks several segments, the oldest first, key by key.
pub(crate) struct Keys<I: Iterator> {
    sources: Vec<(u32, Peekable<I>)>,
}

impl<I: Iterator<Item = io::Result<Entry>>> Keys<I> {
    pub(crate) fn new(segments: impl Iterator<Item = (u32, I)>) -> Self {
        Self { sources: segments.map(|(id, entries)| (id, entries.peekable())).collect() }
    }
}

impl<I: Iterator<Item = io::Result<Entry>>> Iterator for Keys<I> {
    type Item = io::Result<Vec<(u32, Entry)>>;

    /// Returns what each segment has of the next key, at least one.
    fn next(&mut self) -> Option<Self::Item> {
        let mut least: Option<&Vec<u8>> = None;
        for (_, entries) in &mut self.sources {
            match entries.peek() {
                Some(Ok(entry)) if least.is_none_or(|least| entry.key < *least) => {
                    least = Some(&entry.key);
                }
                Some(Err(_)) => return entries.next()?.err().map(Err),
                _ => {}
            }
        }
        let key = least?.clone();
        let mut found = Vec::new();
        for (id, entries) in &mut self.sources {
            let is_it = |entry: &I::Item| entry.as_ref().is_ok_and(|entry| entry.key == key);
            let entry = entries.next_if(is_it).and_then(Result::ok);
            found.extend(entry.map(|entry| (*id, entry)));
        }
        Some(Ok(found))
    }
}
