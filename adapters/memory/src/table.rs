//! The series by key and by number.

use std::collections::BTreeMap;
use std::ops::Bound::{Included, Unbounded};
use std::ops::ControlFlow;
use std::sync::Arc;

use metric_proto::{Counts, Key, Position, Refused, Sample, Selector};

use crate::series::Series;

/// All series. A series keeps its number for good, so that a position can hold on to it.
#[derive(Debug)]
pub(crate) struct Table {
    max_series: usize,
    max_samples: usize,
    numbers: BTreeMap<Arc<[u8]>, usize>,
    series: Vec<(Arc<[u8]>, Series)>,
    counts: Counts,
}

impl Table {
    pub(crate) const fn new(max_series: usize, max_samples: usize) -> Self {
        Self {
            max_series,
            max_samples,
            numbers: BTreeMap::new(),
            series: Vec::new(),
            counts: Counts::ZERO,
        }
    }

    pub(crate) fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        let max_samples = self.max_samples;
        let taken = self.series_of(key).and_then(|series| series.take(sample, max_samples));
        match taken {
            Ok(taken) => self.counts.take(taken),
            Err(refused) => self.counts.refuse(refused),
        }
        taken.map(|_| ())
    }

    pub(crate) fn scan(
        &self,
        selector: Selector<'_>,
        from: Position,
        mut visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Option<Position> {
        if let Selector::Key(key) = selector {
            let number = *self.numbers.get(key.as_bytes())?;
            return self.scan_series(key, number, from.timestamp(), &mut visit);
        }
        self.numbers_from(from).find_map(|(name, &number)| {
            let key = Key::from_bytes(name).ok()?;
            let resumed = from.series() == Some(number as u64);
            let since = if resumed { from.timestamp() } else { i64::MIN };
            self.scan_series(key, number, since, &mut visit)
        })
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// The series of a key, which is added if there is room.
    fn series_of(&mut self, key: Key<'_>) -> Result<&mut Series, Refused> {
        let number = match self.numbers.get(key.as_bytes()) {
            Some(&number) => number,
            None => self.add(key)?,
        };
        Ok(&mut self.series[number].1)
    }

    fn add(&mut self, key: Key<'_>) -> Result<usize, Refused> {
        let number = self.series.len();
        if number >= self.max_series {
            return Err(Refused::TableFull);
        }
        let name: Arc<[u8]> = key.as_bytes().into();
        self.numbers.insert(Arc::clone(&name), number);
        self.series.push((name, Series::default()));
        self.counts.series += 1;
        Ok(number)
    }

    /// Names and numbers in the order of names, from a position's series on.
    fn numbers_from(&self, from: Position) -> impl Iterator<Item = (&Arc<[u8]>, &usize)> {
        let number = from.series().and_then(|number| usize::try_from(number).ok());
        let first = number.and_then(|number| self.series.get(number));
        let first = first.map_or(Unbounded, |(name, _)| Included(name.as_ref()));
        self.numbers.range::<[u8], _>((first, Unbounded))
    }

    fn scan_series(
        &self,
        key: Key<'_>,
        number: usize,
        since: i64,
        visit: &mut impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Option<Position> {
        let mut samples = self.series[number].1.since(since);
        let stopped = samples.find(|&sample| visit(key, sample).is_break())?;
        Some(Position::at(number as u64, stopped.timestamp()))
    }
}
