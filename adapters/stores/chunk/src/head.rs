//! What stands before the blocks of a chunk: the first sample, and what all are together.

use metric_proto::{Aggregate, Sample};

use crate::totals::{Totals, WORTH};
use crate::values::Values;
use crate::{DecodeError, varint};

/// What stands before the blocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a> {
    count: usize,
    pub(crate) first: Sample,
    /// The smallest step between timestamps.
    pub(crate) smallest: u64,
    /// Decodes the values behind the first.
    pub(crate) values: Values,
    /// Those of decimals, with the power of ten by which they are divided.
    pub(crate) totals: Option<(Totals, f64)>,
    /// The blocks.
    pub(crate) rest: &'a [u8],
}

impl<'a> Head<'a> {
    pub(crate) fn new(
        (count, timestamp): (usize, i64),
        mut values: Values,
        mut rest: &'a [u8],
    ) -> Result<Self, DecodeError> {
        let smallest = varint::take(&mut rest)?;
        let mut value = varint::take(&mut rest)?;
        values.decode(core::slice::from_mut(&mut value))?;
        let totals = match values.decimal() {
            Some((first, power)) if count >= WORTH => {
                Some((Totals::decode(first, count, &mut rest)?, power))
            }
            _ => None,
        };
        let first = Sample::new(f64::from_bits(value), timestamp);
        let first = first.map_err(|_| DecodeError::Inconsistent)?;
        Ok(Self { count, first, smallest, values, totals, rest })
    }

    pub(crate) fn aggregate(&self) -> Option<Aggregate> {
        let (totals, power) = self.totals?;
        Some(totals.divided((self.count, self.first), power))
    }
}
