//! Replies of the engine as what they should be.

use std::sync::atomic::AtomicU64;

use metric_proto::Sample;
use redis::Value;

use crate::counters::add;
use crate::layout::{MADE, SEALED};

/// Returns the texts of a list, or of what is listed as pairs.
pub(crate) fn texts(value: Value) -> Vec<Vec<u8>> {
    match value {
        Value::Array(values) | Value::Set(values) => values.into_iter().filter_map(text).collect(),
        Value::Map(pairs) => pairs.into_iter().flat_map(|(a, b)| [a, b]).filter_map(text).collect(),
        _ => Vec::new(),
    }
}

fn text(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.into_bytes()),
        Value::Int(number) => Some(number.to_string().into_bytes()),
        _ => None,
    }
}

/// Returns a number; anything else counts as none.
pub(crate) fn number(value: &Value) -> i64 {
    match value {
        Value::Int(number) => *number,
        _ => 0,
    }
}

/// The head of a series.
#[derive(Debug, Default)]
pub(crate) struct Head {
    /// In ascending order of timestamps, each with the text of its value.
    pub(crate) fields: Vec<(Sample, Vec<u8>)>,
    /// How many samples are in runs.
    pub(crate) sealed: usize,
}

impl Head {
    /// Reads the reply to HGETALL. Counts fields that nobody of us has written.
    pub(crate) fn read(value: Value, damaged: &AtomicU64) -> Self {
        let mut head = Self::default();
        let mut texts = texts(value).into_iter();
        while let (Some(field), Some(text)) = (texts.next(), texts.next()) {
            match sample(&field, &text) {
                Some(sample) => head.fields.push((sample, text)),
                None if field == SEALED.as_bytes() => head.sealed = parse(&text).unwrap_or(0),
                None if field == MADE.as_bytes() => {}
                None => add(damaged, 1),
            }
        }
        head.fields.sort_unstable_by_key(|(sample, _)| sample.timestamp());
        head
    }

    /// Returns the samples.
    pub(crate) fn samples(&self) -> impl DoubleEndedIterator<Item = Sample> {
        self.fields.iter().map(|(sample, _)| *sample)
    }
}

fn sample(field: &[u8], text: &[u8]) -> Option<Sample> {
    Sample::new(parse(text)?, parse(field)?).ok()
}

fn parse<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_in_order_and_what_is_strange_is_counted() {
        let texts = ["i", "1", "12", "-0.0", "n", "500", "-3", "1e300", "9", "nan", "x", "1"];
        let list = texts.map(|text| Value::BulkString(text.into())).to_vec();
        let damaged = AtomicU64::new(0);
        let head = Head::read(Value::Array(list), &damaged);
        let due = [Sample::new(1e300, -3).unwrap(), Sample::new(-0.0, 12).unwrap()];
        assert!(head.samples().eq(due));
        assert_eq!((head.sealed, damaged.into_inner()), (500, 2));
    }
}
