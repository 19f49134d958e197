//! Aggregates of series with late, replaced, evicted and removed samples are those of their samples.

use metric_memory::{Layout, MemoryStore};
use metric_proto::{FixedStore, Key, Query, Sample, Series, Store};
use metric_tests::patient::{Disturbed, Patient, tiny};
use metric_tests::store_suite::{Intervals, check_aggregates};

const KEY: &str = "palm.cpu";
const SAMPLES: usize = 600;

#[test]
fn those_of_a_store_in_memory_are_right() {
    let found: usize = (0..40)
        .map(|seed| {
            let chunk = [4, 17, 40, 128][seed as usize % 4];
            check(&mut &MemoryStore::with_layout(Layout::new(1, chunk), 2, SAMPLES), seed)
        })
        .sum();
    assert!(found > 1_000, "{found}");
}

#[test]
fn those_of_a_store_on_disk_are_right_after_restarts_too() {
    let patient = |seed| {
        let mut settings = tiny(2, SAMPLES);
        settings.layout = Layout::new(1, [17, 40, 128][seed as usize % 3]);
        settings.run_samples = [50, 300, 1_024][seed as usize / 3 % 3];
        Patient::with_settings(seed, Disturbed::Restarted, settings)
    };
    let found: usize = (0..9).map(|seed| check(&mut patient(seed), seed)).sum();
    assert!(found > 150, "{found}");
}

#[test]
fn a_store_without_them_shows_samples() {
    let mut store = FixedStore::<2, SAMPLES, 16>::new();
    assert_eq!(check(&mut store, 1), 0);
}

/// Changes a store at random and checks its aggregates now and then. Returns how many were seen.
fn check(store: &mut impl Store, seed: u64) -> usize {
    let mut random = fastrand::Rng::with_seed(seed);
    let key = Key::new(KEY).unwrap();
    let (mut now, mut value, mut found) = (0, 2_000, 0);
    for step in 0..2_500 {
        now += random.i64(1..4);
        value += random.i64(-50..=50);
        let late = match random.u8(..20) {
            0 => random.i64(..1_500),
            1 => 0,
            _ => -1,
        };
        let timestamp = now - late - 1;
        // Few chunks have a value that is no decimal, and so no totals.
        let value = if random.u16(..400) == 0 { 1.0 / 3.0 } else { value as f64 / 100.0 };
        // A sample that is too old for a full series is refused.
        let _ = store.put(key, Sample::new(value, timestamp).unwrap());
        if random.u16(..1_500) == 0 {
            assert_eq!(store.remove(key), Ok(true));
        }
        if step % 100 == 99 {
            found += check_aggregates(store, intervals(now, key, &mut random), &mut random);
        }
    }
    found
}

fn intervals<'a>(now: i64, key: Key<'a>, random: &mut fastrand::Rng) -> Intervals<'a> {
    let (mut query, back) = (Query::all(Series::Key(key)), random.i64(..2_000));
    match random.u8(..4) {
        0 => query.since = now - back,
        1 => query.until = now - back,
        2 => query.newest = random.usize(..SAMPLES),
        _ => {}
    }
    Intervals { query, width: [1, 50, 130, 1_000, i64::MAX][random.usize(..5)] }
}
