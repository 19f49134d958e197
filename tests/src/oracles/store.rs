//! The results of stores.

use arbitrary::{Result, Unstructured};
use metric_memory::{Layout, MemoryStore};
use metric_proto::{FixedStore, Store};

use crate::store_suite::{
    Asked, Bounded, Change, KEYS, Keys, Operation, SAMPLES, SERIES, check_operations,
};

/// After each put and each scan, which puts may interrupt, a [`FixedStore`] returns, shows and counts
/// the same as a model made of maps.
///
/// The bytes are operations.
///
/// # Panics
///
/// If the law is broken.
pub fn fixed_store(data: &[u8]) {
    store(FixedStore::<SERIES, SAMPLES, 16>::new(), data);
}

/// After each put and each scan, which puts may interrupt, a [`MemoryStore`] returns, shows and counts
/// the same as a model made of maps.
///
/// The bytes are operations.
///
/// # Panics
///
/// If the law is broken.
pub fn memory_store(data: &[u8]) {
    // Short runs, since with long ones nothing would be compressed.
    store(&MemoryStore::with_layout(Layout::new(1, 2), SERIES, SAMPLES), data);
    store(&MemoryStore::with_layout(Layout::new(64, 3), SERIES, SAMPLES), data);
}

fn store(mut store: impl Store, data: &[u8]) {
    let mut source = Unstructured::new(data);
    check_operations(&mut store, std::iter::from_fn(|| next(&mut source)), Bounded::Exactly);
}

fn next(source: &mut Unstructured<'_>) -> Option<Operation> {
    (!source.is_empty()).then(|| operation(source).ok())?
}

/// Returns an operation. Four of five are changes.
fn operation(source: &mut Unstructured<'_>) -> Result<Operation> {
    if source.ratio(4, 5)? {
        return Ok(Operation::Change(change(source)?));
    }
    let asked = asked(source)?;
    let step = source.int_in_range(1..=4)?;
    let count = source.int_in_range(0..=3)?;
    let meanwhile = (0..count).map(|_| change(source)).collect::<Result<_>>()?;
    Ok(Operation::Scan { asked, step, meanwhile })
}

/// Returns a change, mostly a put.
fn change(source: &mut Unstructured<'_>) -> Result<Change> {
    let key = key(source)?;
    if source.ratio(1, 8)? {
        return Ok(Change::Remove(key));
    }
    Ok(Change::Put { key, timestamp: timestamp(source)?, value: value(source)? })
}

fn asked(source: &mut Unstructured<'_>) -> Result<Asked> {
    let key = key(source)?;
    let keys = *source.choose(&[Keys::All, Keys::One(key), Keys::Prefix(key)])?;
    let mut or = |all| if source.arbitrary()? { Ok(all) } else { timestamp(source) };
    let (since, until) = (or(i64::MIN)?, or(i64::MAX)?);
    let newest = source.int_in_range(0..=SAMPLES + 2)?;
    let newest = if newest > SAMPLES { usize::MAX } else { newest };
    Ok(Asked { keys, since, until, newest })
}

fn key(source: &mut Unstructured<'_>) -> Result<usize> {
    source.choose_index(KEYS.len())
}

/// Returns mostly one of a few timestamps, so that samples are replaced, else any, or the least or the
/// greatest.
fn timestamp(source: &mut Unstructured<'_>) -> Result<i64> {
    match source.int_in_range(0..=15)? {
        0 => source.arbitrary(),
        1 => Ok(*source.choose(&[i64::MIN, i64::MAX])?),
        _ => source.int_in_range(-9..=9),
    }
}

/// Returns mostly one of a few values that are made of one byte.
fn value(source: &mut Unstructured<'_>) -> Result<f64> {
    if source.ratio(15, 16)? {
        return Ok(f64::from(source.arbitrary::<i8>()?) / 8.0);
    }
    let value: f64 = source.arbitrary()?;
    Ok(if value.is_finite() { value } else { -0.0 })
}
