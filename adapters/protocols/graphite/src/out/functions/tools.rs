//! What functions use to compute in turns, within the memory of all queries.

use metric_web::Held;

use crate::out::aggregation::{Aggregation, Bucket};
use crate::out::failure::Failure;
use crate::out::query::{Context, Turns, Work};
use crate::out::series::{Series, has_enough};

/// What functions use to compute in turns, within the memory of all queries.
pub(crate) struct Tools<'a> {
    pub(crate) context: &'a Context,
    held: &'a mut Held,
    turns: &'a mut dyn Turns,
    work: &'a mut Work,
}

/// So many values are computed before it is asked whether others have a turn.
pub(crate) const PIECE: usize = 4_096;

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
            drop(series);
            self.series().await?;
        }
        Ok(())
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

    /// Consolidates values, of which there may be fewer than `together`.
    pub(crate) async fn consolidate(
        &mut self,
        by: Aggregation,
        values: &[f64],
        together: usize,
    ) -> Result<f64, Failure> {
        if together == 1 {
            return Ok(values.first().copied().unwrap_or(f64::NAN));
        }
        let xff = self.context.xff;
        let is_enough = xff == 0.0 || has_enough(self.count(values).await?, together, xff);
        if is_enough { self.aggregate(by, values).await } else { Ok(f64::NAN) }
    }

    /// Returns the values, so many as one, by the series' own way. One is none if less than `xff` of
    /// its values are some.
    pub(crate) async fn consolidated(
        &mut self,
        series: &Series,
        together: usize,
    ) -> Result<Vec<f64>, Failure> {
        let together = together.max(1);
        let chunks = series.values.chunks(together);
        self.hold(chunks.len() * size_of::<f64>())?;
        let mut values = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            values.push(self.consolidate(series.consolidation, chunk, together).await?);
        }
        Ok(values)
    }

    /// Returns how many values there are.
    pub(crate) async fn count(&mut self, values: &[f64]) -> Result<usize, Failure> {
        let mut count = 0;
        for piece in values.chunks(PIECE) {
            self.compute(piece.len()).await?;
            count += piece.iter().filter(|value| !value.is_nan()).count();
        }
        Ok(count)
    }

    /// Returns what values come to, as [`Aggregation::of`] does for a few.
    pub(crate) async fn aggregate(
        &mut self,
        by: Aggregation,
        values: &[f64],
    ) -> Result<f64, Failure> {
        if values.len() <= PIECE {
            self.compute(VALUE * values.len()).await?;
            return Ok(by.of(values));
        }
        match by {
            Aggregation::Median => self.median(values).await,
            Aggregation::StdDev => self.deviation(values).await,
            Aggregation::Multiply if self.count(values).await? < values.len() => Ok(f64::NAN),
            Aggregation::Range => {
                let max = self.fold(Aggregation::Max, values).await?;
                Ok(max - self.fold(Aggregation::Min, values).await?)
            }
            _ => self.fold(by, values).await,
        }
    }

    async fn fold(&mut self, by: Aggregation, values: &[f64]) -> Result<f64, Failure> {
        let mut bucket = Bucket::new(by);
        for piece in values.chunks(PIECE) {
            self.compute(VALUE * piece.len()).await?;
            piece.iter().filter(|value| !value.is_nan()).for_each(|value| bucket.push(*value));
        }
        Ok(bucket.finish(values.len()))
    }

    async fn deviation(&mut self, values: &[f64]) -> Result<f64, Failure> {
        let average = self.fold(Aggregation::Average, values).await?;
        let mut squares = Bucket::new(Aggregation::Average);
        for piece in values.chunks(PIECE) {
            self.compute(VALUE * piece.len()).await?;
            let some = piece.iter().filter(|value| !value.is_nan());
            some.for_each(|value| squares.push((value - average).powi(2)));
        }
        Ok(squares.finish(0).sqrt())
    }

    async fn median(&mut self, values: &[f64]) -> Result<f64, Failure> {
        let count = self.count(values).await?;
        if count == 0 {
            return Ok(f64::NAN);
        }
        let (lower, upper) = ((count - 1) / 2, count / 2);
        let low = self.nth(values, lower).await?;
        let high = if upper > lower { self.nth(values, upper).await? } else { low };
        Ok(if upper > lower { (low + high) / 2.0 } else { low })
    }

    /// Returns the value at a place in their order, without room to sort them: it halves the range in
    /// which the value is until there is one left.
    async fn nth(&mut self, values: &[f64], place: usize) -> Result<f64, Failure> {
        let (mut least, mut most) = (i64::MIN, i64::MAX);
        while least < most {
            let middle = least + (most.wrapping_sub(least) as u64 / 2) as i64;
            let mut up_to = 0;
            for piece in values.chunks(PIECE) {
                self.compute(VALUE * piece.len()).await?;
                let some = piece.iter().filter(|value| !value.is_nan());
                up_to += some.filter(|value| order(**value) <= middle).count();
            }
            if up_to > place { most = middle } else { least = middle + 1 }
        }
        Ok(in_order(least))
    }
}

/// Returns an integer that is ordered as a value is.
pub(crate) fn order(value: f64) -> i64 {
    in_order_bits(value.to_bits() as i64)
}

/// Returns the value of such an integer.
fn in_order(order: i64) -> f64 {
    f64::from_bits(in_order_bits(order) as u64)
}

/// The larger a negative double is, the smaller are the bits behind its sign.
fn in_order_bits(bits: i64) -> i64 {
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}
