//! What functions use to compute in turns, within the memory of all queries.

use metric_web::Held;

use crate::out::failure::Failure;
use crate::out::query::{Context, TURN, Turns, Work};
use crate::out::series::Series;

/// What functions use to compute in turns, within the memory of all queries.
pub(crate) struct Tools<'a> {
    pub(crate) context: &'a Context,
    held: &'a mut Held,
    turns: &'a mut dyn Turns,
    work: &'a mut Work,
}

/// So many values are computed before it is asked whether others have a turn.
pub(crate) const PIECE: usize = 2_048;

/// To compute a value takes so many steps.
pub(crate) const VALUE: usize = 4;

/// To look at a series, to move or to drop it takes so many steps.
const SERIES: usize = 512;

/// To make a name may take so many steps: the old one may have to be read as a target.
const NAME: usize = 4_096;

impl<'a> Tools<'a> {
    pub(crate) fn new(
        context: &'a Context,
        held: &'a mut Held,
        (turns, work): (&'a mut dyn Turns, &'a mut Work),
    ) -> Self {
        Self { context, held, turns, work }
    }

    /// Counts steps, and lets others have a turn after many.
    pub(crate) async fn compute(&mut self, steps: usize) -> Result<(), Failure> {
        self.work.count(self.turns, steps).await
    }

    /// Counts a series that is looked at, moved or dropped.
    pub(crate) async fn series(&mut self) -> Result<(), Failure> {
        self.compute(SERIES).await
    }

    /// Counts a series that is about to be named. Returns how much memory its names take.
    pub(crate) async fn begin(&mut self, series: &Series) -> Result<usize, Failure> {
        self.named().await?;
        Ok(series.head())
    }

    /// Counts a series that is named.
    pub(crate) async fn named(&mut self) -> Result<(), Failure> {
        self.compute(NAME).await
    }

    /// Holds memory, before it is allocated.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), Failure> {
        Ok(self.held.take(bytes)?)
    }

    /// Makes so many values of their places, each of which takes so many steps.
    pub(crate) async fn make<T>(
        &mut self,
        (count, steps): (usize, usize),
        mut value: impl FnMut(usize) -> T + Send,
    ) -> Result<Vec<T>, Failure>
    where
        T: Send,
    {
        self.hold(count.saturating_mul(size_of::<T>()))?;
        let mut made = Vec::with_capacity(count);
        let piece = (PIECE * VALUE / steps.max(1)).max(1);
        while made.len() < count {
            let end = count.min(made.len() + piece);
            self.compute((end - made.len()).saturating_mul(steps)).await?;
            made.extend((made.len()..end).map(&mut value));
        }
        Ok(made)
    }

    /// Changes values, piece by piece.
    pub(crate) async fn change(
        &mut self,
        values: &mut [f64],
        change: &mut (dyn FnMut(&mut [f64]) + Send),
    ) -> Result<(), Failure> {
        for piece in values.chunks_mut(PIECE) {
            self.compute(VALUE * piece.len()).await?;
            change(piece);
        }
        Ok(())
    }

    /// Sorts series by keys. Those of one key stay in their order.
    pub(crate) async fn sort<K: Ord + Send>(
        &mut self,
        list: Vec<Series>,
        keys: impl IntoIterator<Item = K, IntoIter: Send> + Send,
    ) -> Result<Vec<Series>, Failure> {
        let mut sorted = std::collections::BTreeMap::new();
        for (index, (series, key)) in list.into_iter().zip(keys).enumerate() {
            self.series().await?;
            sorted.insert((key, index), series);
        }
        let mut list = Vec::with_capacity(sorted.len());
        for (_, series) in sorted {
            self.series().await?;
            list.push(series);
        }
        Ok(list)
    }

    /// Sorts series by their names.
    pub(crate) async fn sort_by_name(&mut self, list: Vec<Series>) -> Result<Vec<Series>, Failure> {
        let mut names = Vec::with_capacity(list.len());
        for series in &list {
            self.series().await?;
            names.push(series.name.clone());
        }
        self.sort(list, names).await
    }

    /// Drops series, which takes long if they are many.
    pub(crate) async fn drop(
        &mut self,
        list: impl IntoIterator<Item = Series, IntoIter: Send> + Send,
    ) -> Result<(), Failure> {
        for series in list {
            self.series().await?;
            self.free(series.values).await?;
        }
        Ok(())
    }

    /// Frees values, and gives their memory back, piece by piece, since the system takes long for many pages.
    pub(crate) async fn free<T: Send>(&mut self, mut values: Vec<T>) -> Result<(), Failure> {
        let bytes = values.capacity() * size_of::<T>();
        while values.len() * size_of::<T>() > FREED {
            free_some(&mut values);
            self.compute(TURN / 2).await?;
        }
        drop(values);
        self.held.shrink(self.held.bytes().saturating_sub(bytes));
        Ok(())
    }

    /// Replaces the values of a series.
    pub(crate) async fn replace(
        &mut self,
        series: &mut Series,
        values: Vec<f64>,
    ) -> Result<(), Failure> {
        let before = std::mem::replace(&mut series.values, values);
        self.free(before).await
    }

    /// Leaves the first series of a list.
    pub(crate) async fn truncate(
        &mut self,
        list: &mut Vec<Series>,
        length: usize,
    ) -> Result<(), Failure> {
        let rest = list.split_off(length.min(list.len()));
        self.drop(rest).await
    }
}

/// So many bytes are freed at once.
const FREED: usize = 1 << 20;

/// Frees the last ones of many values.
pub(crate) fn free_some<T>(values: &mut Vec<T>) {
    values.truncate(values.len().saturating_sub(FREED / size_of::<T>().max(1)));
    values.shrink_to_fit();
}
