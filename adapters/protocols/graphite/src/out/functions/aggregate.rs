//! What many values come to, in turns.

use super::tools::{PIECE, Tools, VALUE};
use crate::out::aggregation::{Aggregation, Bucket};
use crate::out::failure::Failure;
use crate::out::series::{Series, has_enough};

impl Tools<'_> {
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
