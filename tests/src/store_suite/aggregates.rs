//! What a store shows together is what it shows one by one.

use std::ops::ControlFlow::{self, Break, Continue};

use metric_proto::{Aggregate, Portion, Position, Query, Sample, Scan, Store};

/// A query of one series for samples in intervals.
#[derive(Clone, Copy, Debug)]
pub struct Intervals<'a> {
    /// The query.
    pub query: Query<'a>,
    /// The width of the intervals.
    pub width: i64,
}

/// Checks that a store shows the same samples at once as one by one, and that each aggregate is right:
/// all but the sum to the bit, the sum within its bound. Stops and resumes at random. Returns how many
/// aggregates were shown.
///
/// # Panics
///
/// If it does not.
pub fn check_aggregates(
    store: &impl Store,
    intervals: Intervals<'_>,
    random: &mut fastrand::Rng,
) -> usize {
    let samples = one_by_one(store, &intervals.query);
    let (mut rest, mut position, mut aggregates) = (&*samples, Position::START, 0);
    let end_of = |at: i64| {
        let behind = at.rem_euclid(intervals.width);
        at.saturating_add(intervals.width - behind - 1)
    };
    loop {
        let mut left = random.usize(..100);
        let end = store.aggregate(&intervals.query, position, end_of, |_, portion| {
            let taken = match portion {
                Portion::Aggregate(_) if left == 0 => return Break(0),
                Portion::Aggregate(all) => {
                    check(&all, &rest[..all.samples], end_of);
                    aggregates += 1;
                    all.samples
                }
                Portion::Samples(shown) => {
                    let taken = left.min(shown.len());
                    assert_eq!(shown[..taken], rest[..taken]);
                    taken
                }
            };
            rest = &rest[taken..];
            left = left.saturating_sub(taken.max(1));
            stop_in(portion, taken)
        });
        match end {
            Scan::Stopped(at) => position = at,
            end => {
                assert_eq!((end, rest), (Scan::Done, &[][..]));
                return aggregates;
            }
        }
    }
}

fn stop_in(portion: Portion<'_>, taken: usize) -> ControlFlow<usize> {
    match portion {
        Portion::Samples(shown) if taken < shown.len() => Break(taken),
        _ => Continue(()),
    }
}

fn one_by_one(store: &impl Store, query: &Query<'_>) -> Vec<Sample> {
    let mut samples = Vec::new();
    let end = store.scan(query, Position::START, |_, sample| {
        samples.push(sample);
        Continue(())
    });
    assert_eq!(end, Scan::Done);
    samples
}

fn check(all: &Aggregate, samples: &[Sample], end_of: impl Fn(i64) -> i64) {
    let values: Vec<_> = samples.iter().map(|sample| sample.value()).collect();
    let (first, last) = (samples[0], samples[samples.len() - 1]);
    assert!(last.timestamp() <= end_of(first.timestamp()), "{samples:?}");
    let min = values.iter().copied().fold(first.value(), f64::min);
    let max = values.iter().copied().fold(first.value(), f64::max);
    let bits = |values: [f64; 3]| values.map(f64::to_bits);
    assert_eq!(bits([all.min, all.max, all.last]), bits([min, max, last.value()]), "{samples:?}");
    assert_eq!((all.first, all.samples), (first, samples.len()));
    let (sum, size) = values.iter().fold((0.0, 0.0), |(sum, size), v| (sum + v, size + v.abs()));
    // The naive sum rounds with each addition.
    let bound = size * f64::EPSILON * (2.0 + samples.len() as f64 / 2.0);
    assert!((all.sum - sum).abs() <= bound, "{} is not {sum}", all.sum);
}
