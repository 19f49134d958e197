//! A server alone.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use metric_proto::{Key, Position, Query, Sample, Scan, Series, Store};
use metric_redis::{Engine, Settings};
use metric_tests::store_suite::check_unbounded_store;

use crate::awaited::Awaited;
use crate::servers::{Plain, can_start};

/// Returns settings with names of their own, so that one server has many stores, and with which few samples
/// make many runs.
pub(crate) fn tiny(mut settings: Settings) -> Settings {
    static STORES: AtomicU64 = AtomicU64::new(0);
    settings.prefix = format!("{}.", STORES.fetch_add(1, Relaxed));
    (settings.seal_at, settings.run_samples) = (3, 3);
    settings
}

#[test]
fn the_store_passes_the_suite_over_a_server_alone() {
    if can_start() {
        let plain = Plain::start(&[]);
        check_unbounded_store(6, || Awaited::new(&Engine::open(tiny(plain.settings()))));
    }
}

#[test]
fn a_long_series_is_what_it_is_in_a_map() {
    if !can_start() {
        return;
    }
    let plain = Plain::start(&[]);
    for seed in 0..4 {
        let engine = Engine::open(tiny(plain.settings()));
        let (mut store, mut map) = (Awaited::new(&engine), BTreeMap::new());
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..12 {
            let (start, step) = (random.i64(-500..500), random.i64(-3..=3));
            for number in 0..random.i64(1..60) {
                let (time, value) = (start + number * step, random.f64());
                let sample = Sample::new(value, time).unwrap();
                store.put(Key::new("a").unwrap(), sample).unwrap();
                map.insert(time, value.to_bits());
            }
            for _ in 0..3 {
                check(&store, &map, &mut random);
            }
        }
        assert!(engine.engine_counters().sealed > 0, "{:?}", engine.engine_counters());
    }
}

fn check(store: &Awaited, map: &BTreeMap<i64, u64>, random: &mut fastrand::Rng) {
    let series = Series::Key(Key::new("a").unwrap());
    let all = Query::all(series);
    let since = if random.bool() { i64::MIN } else { random.i64(-600..600) };
    let until = if random.bool() { i64::MAX } else { random.i64(since.max(-600)..=900) };
    let newest = if random.bool() { usize::MAX } else { random.usize(0..120) };
    for query in [all, Query { since, until, newest, ..all }] {
        let due: Vec<_> = map.range(query.since..=query.until).map(|(t, v)| (*t, *v)).collect();
        let due = &due[due.len().saturating_sub(query.newest)..];
        let (mut shown, mut from, step) = (Vec::new(), Position::START, random.usize(1..200));
        loop {
            let mut left = step;
            let end = store.scan(&query, from, |_, sample| {
                if left == 0 {
                    return ControlFlow::Break(());
                }
                left -= 1;
                shown.push((sample.timestamp(), sample.value().to_bits()));
                ControlFlow::Continue(())
            });
            match end {
                Scan::Stopped(position) => from = position,
                end => break assert_eq!(end, Scan::Done),
            }
        }
        assert_eq!(shown, due, "{query:?}");
    }
    let mut summaries = Vec::new();
    let end = store.series(b"", |_, summary| {
        summaries.push((summary.samples, summary.first.timestamp(), summary.last.timestamp()));
        ControlFlow::Continue(())
    });
    assert_eq!(end, Scan::Done);
    let ends = (map.len(), *map.keys().next().unwrap(), *map.keys().next_back().unwrap());
    assert_eq!(summaries, [ends]);
}
