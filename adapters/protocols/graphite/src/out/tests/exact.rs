//! No sample is lost where several fall into one step.

use proptest::prelude::*;

use super::*;

const BEGIN: i64 = 1_150_848_000;

/// All times of the samples of these tests.
const ALL: &[(&str, &str)] = &[("from", "1150847999"), ("until", "1150864250")];

fn values(points: &Value) -> Vec<f64> {
    points.as_array().unwrap().iter().filter_map(|point| point[0].as_f64()).collect()
}

#[test]
fn samples_of_one_second_become_what_the_target_says() {
    let store = store(&[]);
    for index in 0..100 {
        let value = if index == 42 { 1_000.0 } else { 1.0 };
        put(&store, "spike", BEGIN * 1_000 + index * 100, value);
    }
    let shown = |target, format, more: &[(&str, &str)]| {
        let times = [("from", "1150847999"), ("until", "1150848020")];
        let pairs = [&[("format", format), ("target", target)], &times[..], more].concat();
        let (list, _) = evaluated(&store, &pairs, TimeUnit::Milliseconds).unwrap();
        list[0]
            .points(0)
            .map(|(_, value)| value)
            .filter(|value| !value.is_nan())
            .collect::<Vec<_>>()
    };
    for most in ["1", "7", "10", "1000"] {
        for format in ["json", "csv", "raw", "pickle"] {
            let more = [("maxDataPoints", most)];
            for (target, peak) in [
                ("consolidateBy(spike,'max')", 1_000.0),
                ("summarize(spike,'10s','max')", 1_000.0),
                ("summarize(spike,'10s','sum')", 1_099.0),
                ("summarize(spike,'10s','count')", 100.0),
                ("summarize(spike,'10s','average')", 10.99),
                ("summarize(spike,'10s','range')", 999.0),
            ] {
                let values = shown(target, format, &more);
                assert_eq!(
                    values.into_iter().fold(0.0, f64::max),
                    peak,
                    "{target} {format} {most}"
                );
            }
        }
    }
    let expected: Vec<_> = (0..10).map(|second| if second == 4 { 100.9 } else { 1.0 }).collect();
    for (format, target) in [("json", "spike"), ("csv", "spike"), ("raw", "scale(spike,1)")] {
        assert_eq!(shown(target, format, &[("maxDataPoints", "1000")]), expected, "{format}");
    }
    assert_eq!(shown("integral(spike)", "json", &[]).last(), Some(&1_099.0));
    assert_eq!(shown("derivative(spike)", "json", &[]).iter().sum::<f64>(), 0.0);
}

#[test]
fn a_sum_holds_where_the_distance_of_samples_changes() {
    let store = store(&[]);
    for (key, offset) in [("hst.a", 3), ("hst.b", 7)] {
        (0..300).for_each(|index| put(&store, key, BEGIN + offset + index * 10, 10.0));
        (3_000..3_600).for_each(|index| put(&store, key, BEGIN + index, 10.0));
    }
    let sums = values(&points(&store, "sum(hst.*)", ALL));
    assert_eq!((sums.len(), sums.iter().all(|sum| *sum == 20.0)), (360, true), "{sums:?}");
}

#[test]
fn a_peak_is_there_whatever_distance_the_newest_samples_have() {
    let store = store(&[]);
    for index in 0..600 {
        put(&store, "chg", BEGIN + index, if index == 333 { 1_000.0 } else { 1.0 });
    }
    (10..109).for_each(|index| put(&store, "chg", BEGIN + index * 60, 1.0));
    for target in
        ["summarize(chg,'10min','max')", "summarize(aliasByNode(grep(chg,'c'),0),'10min','max')"]
    {
        let peaks = values(&points(&store, target, ALL));
        assert_eq!((peaks[0], peaks[1]), (1_000.0, 1.0), "{target}");
    }
    for format in ["raw", "pickle"] {
        let pairs = [&[("format", format), ("target", "consolidateBy(chg,'max')")], ALL].concat();
        let (list, _) = evaluated(&store, &pairs, TimeUnit::Seconds).unwrap();
        assert_eq!(list[0].values.iter().copied().fold(0.0, f64::max), 1_000.0, "{format}");
    }
}

#[test]
fn samples_that_are_not_quite_in_time_all_count() {
    let store = store(&[]);
    for index in 0..360 {
        put(
            &store,
            "jit.ms",
            (BEGIN + 60 + index * 10) * 1_000 + [-30, 0, 30, 10, -10][index as usize % 5],
            1.0,
        );
        put(
            &store,
            "jit.s",
            BEGIN + 60 + index * 10 + [0, 1, -1, 1, 0, -1, 0][index as usize % 7],
            1.0,
        );
    }
    for (key, unit) in [("jit.ms", TimeUnit::Milliseconds), ("jit.s", TimeUnit::Seconds)] {
        for function in ["sum", "count"] {
            let target = format!("summarize({key},'2h','{function}')");
            let pairs = [&[("format", "json"), ("target", &*target)], ALL].concat();
            let (list, _) = evaluated(&store, &pairs, unit).unwrap();
            assert_eq!(list[0].values[0], 360.0, "{target}");
        }
    }
    let half = [ALL, &[("xFilesFactor", "0.6")]].concat();
    let kept = values(&points(&store, "summarize(jit.s,'2h','sum')", &half));
    assert_eq!(kept, [0.0; 0], "360 samples are half of those that two hours have room for");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_summary_is_of_all_samples(
        samples in prop::collection::btree_map(0_i64..16_000, -100_i32..100, 1..200),
        seconds in 1_i64..20_000,
    ) {
        let store = store(&[]);
        for (time, value) in &samples {
            put(&store, "a", BEGIN + time, f64::from(*value));
        }
        let summary = |function: &str| {
            let target = format!("summarize(a,'{seconds}s','{function}')");
            values(&points(&store, &target, ALL))
        };
        let least = *samples.values().min().unwrap();
        let sum: i32 = samples.values().sum();
        prop_assert_eq!(summary("sum").iter().sum::<f64>(), f64::from(sum));
        prop_assert_eq!(summary("count").iter().sum::<f64>(), samples.len() as f64);
        prop_assert_eq!(summary("min").into_iter().fold(f64::INFINITY, f64::min), f64::from(least));
    }
}
