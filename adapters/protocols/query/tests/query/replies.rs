//! Replies are those of a naive oracle, for any contents, patterns, outputs and waits.

use std::collections::BTreeMap;

use metric_memory::{Layout, MemoryStore};
use metric_proto::{FixedStore, Key, LONGEST_KEY, Sample, Store};
use metric_query::{
    Bound, Buckets, Budget, Glob, Grid, Keys, Last, Next, Nodes, Produce, Range, Style, Times,
    Window,
};
use serde_json::{Value, json};

use crate::support::{Watched, read};

type Model = BTreeMap<String, BTreeMap<i64, f64>>;

const NAMES: [&str; 12] =
    ["a", "a-b", "a-b.c", "a.b", "a.b.c", "a.bc", "a.c", "b", "b.b.b", "q\"\\,x", "é.Ü", ".x"];
const PATTERNS: [&str; 9] = ["**", "*", "a.*", "*.b*", "{a,b}**", "a.?", "[!b]*", "**b", "none"];
const VALUES: [f64; 9] = [0.0, -0.0, 1.5, -2.25, 1e300, -1e300, 1e-300, f64::MAX, -f64::MAX];

/// Their sums are exact, so the mean does not depend on the order in which they are added.
const DECIMALS: [f64; 5] = [0.0, 1.5, -2.25, 7.0, 100.25];

fn random_model(random: &mut fastrand::Rng) -> Model {
    let mut model = Model::new();
    if random.u8(..3) == 0 {
        // Enough samples in a series for chunks that are shown together.
        let samples = (0..60).map(|_| (random.i64(-50..=50), DECIMALS[random.usize(..5)]));
        return Model::from([("a".to_owned(), samples.collect())]);
    }
    let spread = [3, 50, 1_000_000_000, i64::MAX][random.usize(..4)];
    for _ in 0..random.usize(..60) {
        let at = random.i64(-spread..=spread);
        let value = VALUES[random.usize(..VALUES.len())];
        let name = NAMES[random.usize(..NAMES.len())].to_owned();
        model.entry(name).or_default().insert(at, value);
    }
    model
}

fn fill(store: &mut impl Store, model: &Model) {
    for (name, samples) in model {
        for (at, value) in samples {
            store.put(Key::new(name).unwrap(), Sample::new(*value, *at).unwrap()).unwrap();
        }
    }
}

/// Reads the same reply from several stores, and checks that it is the same.
fn replies<P: Produce + Clone>(
    model: &Model,
    producer: &P,
    random: &mut fastrand::Rng,
) -> (String, Next) {
    let mut fixed = Box::new(FixedStore::<16, 64, 16>::new());
    fill(&mut *fixed, model);
    let chunk = [4, 17][random.usize(..2)];
    let memory = MemoryStore::with_layout(Layout::new(1, chunk), 16, 64);
    fill(&mut &memory, model);
    let mut reluctant = Watched::reluctant(&memory, random.u64(..));
    let first = read(&mut producer.clone(), &mut *fixed, random);
    let second = read(&mut producer.clone(), &mut &memory, random);
    let third = read(&mut producer.clone(), &mut reluctant, random);
    assert_eq!(first, second);
    assert_eq!(first, third);
    first
}

fn parsed(reply: &str) -> Value {
    serde_json::from_str(reply).unwrap_or_else(|error| panic!("{error}: {reply}"))
}

fn text(style: Style) -> Style {
    Style { times: Times::Text, ..style }
}

fn selected<'a>(
    model: &'a Model,
    glob: &'a Glob<&str>,
) -> impl Iterator<Item = (&'a String, &'a BTreeMap<i64, f64>)> {
    model.iter().filter(|(name, _)| glob.matches(name))
}

#[test]
fn a_range_has_the_samples_of_a_naive_search() {
    for seed in 0..150 {
        let mut random = fastrand::Rng::with_seed(seed);
        let model = random_model(&mut random);
        let glob = Glob::new(PATTERNS[random.usize(..PATTERNS.len())]).unwrap();
        let (from, until) = [(i64::MIN, i64::MAX), (-2, 30), (5, 5), (9, 2)][random.usize(..4)];
        let newest = [usize::MAX, 1, 3, 0][random.usize(..4)];
        let window = Window { from, until, newest };
        let range = Range::<_, 16>::new(&glob, window, text(Style::JSON), Budget::DESKTOP);
        let (reply, end) = replies(&model, &range, &mut random);

        let mut series = Vec::new();
        for (key, samples) in selected(&model, &glob) {
            let in_window = samples.iter().filter(|(at, _)| from <= **at && **at <= until);
            let mut rows: Vec<_> = in_window.map(|(at, v)| json!([at.to_string(), v])).collect();
            rows.drain(..rows.len().saturating_sub(newest));
            if !rows.is_empty() {
                series.push(json!({"key": key, "samples": rows}));
            }
        }
        assert_eq!((parsed(&reply), end), (json!({ "series": series }), Next::Done), "{seed}");
    }
}

#[test]
fn the_last_samples_and_the_pages_of_keys_are_those_of_a_naive_search() {
    for seed in 0..150 {
        let mut random = fastrand::Rng::with_seed(seed);
        let model = random_model(&mut random);
        let glob = Glob::new(PATTERNS[random.usize(..PATTERNS.len())]).unwrap();
        let last = Last::<_, 16>::new(&glob, text(Style::JSON), Budget::DESKTOP);
        let (reply, _) = replies(&model, &last, &mut random);
        let pair = |(at, value): (&i64, &f64)| json!([at.to_string(), value]);
        let series: Vec<_> = selected(&model, &glob)
            .map(|(key, samples)| json!({"key": key, "last": pair(samples.last_key_value().unwrap())}))
            .collect();
        assert_eq!(parsed(&reply), json!({ "series": series }), "{seed}");

        let (limit, since) = (random.usize(1..5), [i64::MIN, 0][random.usize(..2)]);
        let mut after = Value::Null;
        let mut all = Vec::new();
        loop {
            let mut keys = Keys::<_, 16>::new(&glob, limit, text(Style::JSON)).since(since);
            if let Some(after) = after.as_str() {
                keys = keys.after(after);
            }
            let mut page = parsed(&replies(&model, &keys, &mut random).0);
            let rows = page["series"].as_array_mut().unwrap();
            assert!(rows.len() <= limit);
            all.append(rows);
            after = page["next"].take();
            if after.is_null() {
                break;
            }
        }
        let expected: Vec<_> = selected(&model, &glob)
            .filter(|(_, samples)| *samples.last_key_value().unwrap().0 >= since)
            .map(|(key, samples)| {
                let first = pair(samples.first_key_value().unwrap());
                let last = pair(samples.last_key_value().unwrap());
                json!({"key": key, "count": samples.len(), "first": first, "last": last})
            })
            .collect();
        assert_eq!(all, expected, "{seed}");
    }
}

#[test]
fn each_node_of_a_level_comes_once() {
    for seed in 0..150 {
        let mut random = fastrand::Rng::with_seed(seed);
        let model = random_model(&mut random);
        let under = [None, Some("a"), Some("a.b"), Some(""), Some("none")][random.usize(..5)];
        let prefix = under.map_or(String::new(), |under| format!("{under}."));
        let mut expected = BTreeMap::new();
        for name in model.keys().filter_map(|key| key.strip_prefix(&prefix)) {
            let (name, is_leaf) =
                name.split_once('.').map_or((name, true), |(name, _)| (name, false));
            let node = expected.entry(name.to_owned()).or_insert((false, false));
            *node = (node.0 | is_leaf, node.1 | !is_leaf);
        }

        let limit = random.usize(1..5);
        let (mut all, mut after) = (BTreeMap::new(), Value::Null);
        loop {
            let mut nodes = Nodes::<16>::new(under, limit, Style::JSON);
            if let Some(after) = after.as_str() {
                nodes = nodes.after(after);
            }
            let mut page = parsed(&replies(&model, &nodes, &mut random).0);
            assert!(page["nodes"].as_array().unwrap().len() <= limit);
            for node in page["nodes"].as_array().unwrap() {
                let name = node["name"].as_str().unwrap().to_owned();
                assert_eq!(node["path"].as_str().unwrap(), format!("{prefix}{name}"));
                let kind = (node["leaf"].as_bool().unwrap(), node["branch"].as_bool().unwrap());
                assert_eq!(all.insert(name, kind), None, "a node came twice, seed {seed}");
            }
            after = page["next"].take();
            if after.is_null() {
                break;
            }
        }
        assert_eq!(all, expected, "seed {seed}");
    }
}

#[test]
fn buckets_are_those_of_a_naive_search() {
    for seed in 0..300 {
        let mut random = fastrand::Rng::with_seed(seed);
        let model = random_model(&mut random);
        let glob = Glob::new(PATTERNS[random.usize(..PATTERNS.len())]).unwrap();
        let from = [None, Some(i64::MIN), Some(-7), Some(0)][random.usize(..4)];
        let until = [None, Some(i64::MAX), Some(9), Some(0), Some(-20)][random.usize(..5)];
        let points = [1, 2, 3, 10, 100_000][random.usize(..5)];
        let style = text(Style::JSON);
        let buckets = Buckets::<_, 16>::new(&glob, (from, until), points, style, Budget::DESKTOP);
        let (reply, end) = replies(&model, &buckets, &mut random);
        assert_eq!(end, Next::Done);
        let reply = parsed(&reply);

        let (low, high) = (from.unwrap_or(i64::MIN), until.unwrap_or(i64::MAX));
        let of_any = selected(&model, &glob).filter(|(_, samples)| {
            *samples.last_key_value().unwrap().0 >= low
                && *samples.first_key_value().unwrap().0 <= high
        });
        let times: Vec<_> = of_any.flat_map(|(_, samples)| samples.keys().copied()).collect();
        let span = from.or(times.iter().min().copied()).zip(until.or(times.iter().max().copied()));
        let Some((low, high)) = span.filter(|(low, high)| low <= high) else {
            assert_eq!(reply["series"], json!([]), "{seed}");
            continue;
        };
        let grid = Grid::new(low, high, points);
        let (first, last) = grid.ends();
        assert_eq!(reply["width"].as_str(), Some(&*grid.width().to_string()));
        assert_eq!(reply["from"].as_str(), Some(&*first.to_string()));
        assert_eq!(reply["until"].as_str(), Some(&*last.to_string()));
        let mut expected = Vec::new();
        for (key, samples) in selected(&model, &glob) {
            let mut rows = BTreeMap::<i64, Vec<f64>>::new();
            for (at, value) in samples.iter().filter(|(at, _)| low <= **at && **at <= high) {
                rows.entry(grid.interval(*at).0).or_default().push(*value);
            }
            assert!(rows.len() <= points, "{seed}");
            if !rows.is_empty() {
                expected.push((key, rows));
            }
        }
        let series = reply["series"].as_array().unwrap();
        assert_eq!(series.len(), expected.len(), "{seed}");
        for (series, (key, rows)) in series.iter().zip(expected) {
            assert_eq!(series["key"].as_str(), Some(&**key));
            let buckets = series["buckets"].as_array().unwrap();
            assert_eq!(buckets.len(), rows.len());
            for (bucket, (start, values)) in buckets.iter().zip(rows) {
                check_bucket(bucket, start, &values);
            }
        }
    }
}

fn check_bucket(bucket: &Value, start: i64, values: &[f64]) {
    assert_eq!(bucket[0].as_str(), Some(&*start.to_string()));
    let [min, max, mean, first, last] = [1, 2, 3, 4, 5].map(|at| bucket[at].as_f64().unwrap());
    let less = |a: f64, b: f64| if b < a { b } else { a };
    let more = |a: f64, b: f64| if b > a { b } else { a };
    let bits = |value: f64| value.to_bits();
    assert_eq!(bits(min), bits(values.iter().copied().reduce(less).unwrap()));
    assert_eq!(bits(max), bits(values.iter().copied().reduce(more).unwrap()));
    assert_eq!((bits(first), bits(last)), (bits(values[0]), bits(*values.last().unwrap())));
    assert_eq!(bucket[6].as_u64(), Some(values.len() as u64));
    assert!(min <= mean && mean <= max);
    // Each value is a multiple of 2^-2, or too small to matter, and all sums are exact in 1/16 of
    // the largest.
    let scaled: f64 = values.iter().map(|value| value / values.len() as f64).sum();
    let size = values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    assert!((mean - scaled).abs() <= size * 1e-12, "{mean} {scaled}");
    if min == max {
        assert_eq!(bits(mean), bits(min));
    }
}

#[test]
fn the_mean_of_compressed_decimals_is_within_its_bound() {
    let memory = MemoryStore::new(1, 10_000);
    let mut random = fastrand::Rng::with_seed(1);
    let values: Vec<_> = (0..10_000).map(|_| f64::from(random.i32(-999..99_999)) / 100.0).collect();
    let model = Model::from([("a".to_owned(), (0..).zip(values.iter().copied()).collect())]);
    fill(&mut &memory, &model);
    let glob = Glob::new("a").unwrap();
    let times = (Some(0), Some(9_999));
    let mut buckets = Buckets::<_, 16>::new(&glob, times, 20, Style::JSON, Budget::NONE);
    let reply = parsed(&read(&mut buckets, &mut &memory, &mut random).0);
    // Each value is a multiple of 2^-80, so that sums are exact.
    let exact = |value: f64| (value * 2_f64.powi(80)) as i128;
    let mut rest = &*values;
    for bucket in reply["series"][0]["buckets"].as_array().unwrap() {
        let (samples, after) = rest.split_at(bucket[6].as_u64().unwrap() as usize);
        let sum: i128 = samples.iter().map(|&value| exact(value)).sum();
        let mean = exact(bucket[3].as_f64().unwrap());
        let largest = samples.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        let error = (mean - sum / samples.len() as i128).unsigned_abs();
        assert!(error <= exact(largest).unsigned_abs() >> 50, "{bucket}");
        rest = after;
    }
    assert!(rest.is_empty());
}

#[test]
fn a_reply_over_its_budget_ends_with_an_error() {
    let mut model = Model::new();
    for name in ["a", "b", "c"] {
        model.insert(name.to_owned(), (0..10).map(|at| (at, 1.0)).collect());
    }
    let mut random = fastrand::Rng::with_seed(1);
    let glob = Glob::new("**").unwrap();
    let check = |bound, limit, replied: (String, Next), series: usize| {
        let Next::Exceeded(exceeded) = replied.1 else { panic!("{replied:?}") };
        assert_eq!((exceeded.bound, exceeded.limit), (bound, limit));
        let reply = parsed(&replied.0);
        assert_eq!(reply["error"].as_str(), Some(&*exceeded.to_string()));
        assert_eq!(reply["series"].as_array().unwrap().len(), series, "{reply}");
        assert!(replied.0.ends_with("\"}"), "the error is the last field");
    };
    let budget = Budget::NONE;
    let series = Budget { series: 2, ..budget };
    let samples = Budget { samples: 15, ..budget };
    let range = |budget| Range::<_, 16>::new(&glob, Window::ALL, Style::JSON, budget);
    let buckets = |budget, times| Buckets::<_, 16>::new(&glob, times, 5, Style::JSON, budget);
    let points = Budget { points: 7, ..budget };
    let given = (Some(0), Some(9));
    check(Bound::Series, 2, replies(&model, &range(series), &mut random), 2);
    check(Bound::Samples, 15, replies(&model, &range(samples), &mut random), 2);
    check(Bound::Series, 2, replies(&model, &buckets(series, given), &mut random), 2);
    check(Bound::Series, 2, replies(&model, &buckets(series, (None, None)), &mut random), 0);
    check(Bound::Samples, 15, replies(&model, &buckets(samples, given), &mut random), 2);
    check(Bound::Points, 7, replies(&model, &buckets(points, given), &mut random), 2);
    let last = Last::<_, 16>::new(&glob, Style::JSON, series);
    check(Bound::Series, 2, replies(&model, &last, &mut random), 2);
    let exactly = Budget { series: 3, samples: 30, points: 15 };
    assert_eq!(replies(&model, &range(exactly), &mut random).1, Next::Done);
    assert_eq!(replies(&model, &buckets(exactly, given), &mut random).1, Next::Done);
}

fn replies_with(store: &mut impl Store, mut producer: impl Produce, expected: &str) {
    let mut random = fastrand::Rng::with_seed(1);
    assert_eq!(read(&mut producer, store, &mut random), (expected.to_owned(), Next::Done));
}

#[test]
fn replies_are_those_of_the_contract() {
    let mut store = FixedStore::<4, 4, LONGEST_KEY>::new();
    for (key, at, value) in
        [("palm.cpu", 1_150_864_247, 23.7), ("palm.cpu", 1_150_864_248, 24.5), ("q\"\\,x", 7, -0.0)]
    {
        store.put(Key::new(key).unwrap(), Sample::new(value, at).unwrap()).unwrap();
    }
    let cpu = || Glob::new("palm.*").unwrap();
    let quoted = || Glob::new("q*").unwrap();
    let store = &mut store;
    const K: usize = LONGEST_KEY;
    let budget = Budget::DESKTOP;
    replies_with(
        store,
        Keys::<_, K>::new(cpu(), 9, Style::JSON),
        r#"{"series": [{"key": "palm.cpu", "count": 2, "first": [1150864247, 23.7], "last": [1150864248, 24.5]}], "next": null}"#,
    );
    replies_with(
        store,
        Nodes::<K>::new(Some("palm"), 9, Style::JSON),
        r#"{"nodes": [{"name": "cpu", "path": "palm.cpu", "leaf": true, "branch": false}], "next": null}"#,
    );
    replies_with(
        store,
        Last::<_, K>::new(cpu(), Style::JSON, budget),
        r#"{"series": [{"key": "palm.cpu", "last": [1150864248, 24.5]}]}"#,
    );
    replies_with(
        store,
        Range::<_, K>::new(cpu(), Window::ALL, Style::JSON, budget),
        r#"{"series": [{"key": "palm.cpu", "samples": [[1150864247, 23.7], [1150864248, 24.5]]}]}"#,
    );
    let times = (Some(1_150_864_200), Some(1_150_864_259));
    replies_with(
        store,
        Buckets::<_, K>::new(cpu(), times, 1, Style::JSON, budget),
        r#"{"width": 60, "from": 1150864200, "until": 1150864259, "series": [{"key": "palm.cpu", "buckets": [[1150864200, 23.7, 24.5, 24.1, 23.7, 24.5, 2]]}]}"#,
    );
    replies_with(
        store,
        Range::<_, K>::new(quoted(), Window::ALL, text(Style::JSON), budget),
        r#"{"series": [{"key": "q\"\\,x", "samples": [["7", -0.0]]}]}"#,
    );
    replies_with(
        store,
        Keys::<_, K>::new(quoted(), 9, Style::CSV),
        "key,count,first_timestamp,first_value,last_timestamp,last_value\n\"q\"\"\\,x\",1,7,-0.0,7,-0.0\n",
    );
    replies_with(
        store,
        Range::<_, K>::new(cpu(), Window::ALL, Style::CSV, budget),
        "key,value,timestamp\npalm.cpu,23.7,1150864247\npalm.cpu,24.5,1150864248\n",
    );
    replies_with(
        store,
        Range::<_, K>::new(cpu(), Window::ALL, Style::LINES, budget),
        "palm.cpu 23.7 1150864247\npalm.cpu 24.5 1150864248\n",
    );
    replies_with(store, Last::<_, K>::new(quoted(), Style::LINES, budget), "q\"\\,x -0.0 7\n");
    replies_with(
        store,
        Buckets::<_, K>::new(cpu(), times, 1, Style::LINES, budget),
        "key,timestamp,min,max,mean,first,last,count\npalm.cpu,1150864200,23.7,24.5,24.1,23.7,24.5,2\n",
    );
    replies_with(
        store,
        Nodes::<K>::new(None, 9, Style::CSV),
        "name,path,leaf,branch\npalm,palm,false,true\n\"q\"\"\\,x\",\"q\"\"\\,x\",true,false\n",
    );
}

#[test]
fn prometheus_reads_the_newest_samples_as_gauges_whatever_their_keys_are() {
    let mut random = fastrand::Rng::with_seed(17);
    let model = Model::from([
        ("a.b".to_owned(), BTreeMap::from([(1, 2.5), (2, -1e300)])),
        ("q\"\\,x;t=é".to_owned(), BTreeMap::from([(i64::MIN, 5e-324)])),
    ]);
    let last =
        Last::<_, LONGEST_KEY>::new(Glob::new("**").unwrap(), Style::PROMETHEUS, Budget::DESKTOP);
    let text = "# HELP metric_last The newest sample of a series.\n# TYPE metric_last gauge\n\
        metric_last{key=\"a.b\"} -1e+300\nmetric_last{key=\"q\\\"\\\\,x;t=é\"} 5e-324\n";
    assert_eq!(replies(&model, &last, &mut random), (text.to_owned(), Next::Done));
    // What has no gauges is CSV.
    let glob = Glob::new("a.*").unwrap();
    let range = Range::<_, LONGEST_KEY>::new(glob, Window::ALL, Style::PROMETHEUS, Budget::DESKTOP);
    let csv = "key,value,timestamp\na.b,2.5,1\na.b,-1e+300,2\n".to_owned();
    assert_eq!(replies(&model, &range, &mut random), (csv, Next::Done));
}

#[test]
fn newest_samples_tell_the_present_time_if_there_is_a_clock() {
    let mut random = fastrand::Rng::with_seed(18);
    let model = Model::from([("a".to_owned(), BTreeMap::from([(-5, 1.5)]))]);
    for (style, now) in [(Style::JSON, "-3"), (text(Style::JSON), "\"-3\"")] {
        let glob = Glob::new("**").unwrap();
        let last = Last::<_, LONGEST_KEY>::new(glob, style, Budget::DESKTOP).at(-3);
        let (reply, _) = replies(&model, &last, &mut random);
        assert!(reply.starts_with(&format!("{{\"now\": {now}, \"series\": [")), "{reply}");
    }
}
