//! Checks the rows of the API that read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{SAMPLES, Setup};
use crate::http::get;
use crate::running::Running;

/// Asks for JSON.
fn read(server: &Running, target: &str) -> Value {
    let reply = get(server, target);
    assert_eq!(reply.status, 200, "{target}: {reply:?}");
    assert_eq!(reply.header("content-type"), Some("application/json"), "{target}");
    reply.json()
}

fn read_text(server: &Running, target: &str, kind: &str) -> String {
    let reply = get(server, target);
    assert_eq!(reply.status, 200, "{target}: {reply:?}");
    assert_eq!(reply.header("content-type").map(|it| it.starts_with(kind)), Some(true), "{target}");
    reply.text().to_owned()
}

pub(super) fn rows(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    for target in ["/v1/keys", "/v1/last", "/v1/range"] {
        assert_eq!(read(&server, target)["series"], json!([]), "{target} of nothing");
    }
    assert_eq!(server.ask(SAMPLES), "ok\n\n".repeat(3));
    let info = read(&server, "/v1/info");
    assert_eq!((&info["unit"], &info["series"]), (&json!("s"), &json!(2)), "{info}");
    assert_eq!((&info["samples"], &info["delete"]), (&json!(3), &json!(false)), "{info}");
    for (target, expected) in jsons() {
        assert_eq!(read(&server, target), expected, "{target}");
    }
    for (target, kind, expected) in TEXTS {
        assert_eq!(read_text(&server, target, kind), *expected, "{target}");
    }
}

/// Requests and their replies.
fn jsons() -> Vec<(&'static str, Value)> {
    let cpu = json!({"key": "palm.cpu", "count": 2, "first": [1150864247, 23.7], "last": [1150864248, 24.5]});
    let disk = json!({"key": "palm.disk.a", "count": 1, "first": [1150864247, 1.0], "last": [1150864247, 1.0]});
    let both = json!({"series": [
        {"key": "palm.cpu", "samples": [[1150864247, 23.7], [1150864248, 24.5]]},
        {"key": "palm.disk.a", "samples": [[1150864247, 1.0]]},
    ]});
    let one = |samples: Value| json!({"series": [{"key": "palm.cpu", "samples": samples}]});
    let bucket = json!([[1150864200, 23.7, 24.5, 24.1, 23.7, 24.5, 2]]);
    vec![
        ("/v1/keys", json!({"series": [cpu, disk], "next": null})),
        ("/v1/keys?from=1150864248", json!({"series": [cpu], "next": null})),
        ("/v1/keys?match=palm.*", json!({"series": [cpu], "next": null})),
        (
            "/v1/nodes",
            json!({"nodes": [{"name": "palm", "path": "palm", "leaf": false, "branch": true}], "next": null}),
        ),
        (
            "/v1/nodes?under=palm",
            json!({"nodes": [
                {"name": "cpu", "path": "palm.cpu", "leaf": true, "branch": false},
                {"name": "disk", "path": "palm.disk", "leaf": false, "branch": true},
            ], "next": null}),
        ),
        ("/v1/nodes?under=none", json!({"nodes": [], "next": null})),
        (
            "/v1/last?key=palm.cpu",
            json!({"series": [{"key": "palm.cpu", "last": [1150864248, 24.5]}]}),
        ),
        (
            "/v1/last?key=palm.cpu&times=text",
            json!({"series": [{"key": "palm.cpu", "last": ["1150864248", 24.5]}]}),
        ),
        ("/v1/range", both),
        ("/v1/range?key=palm.cpu&newest=1", one(json!([[1150864248, 24.5]]))),
        ("/v1/range?key=palm.cpu&from=1150864248", one(json!([[1150864248, 24.5]]))),
        ("/v1/range?key=palm.cpu&until=1150864247", one(json!([[1150864247, 23.7]]))),
        ("/v1/range?key=palm.cpu&until=1150864247&times=text", one(json!([["1150864247", 23.7]]))),
        (
            "/v1/range?key=palm.cpu&points=1&from=1150864200&until=1150864259",
            json!({"width": 60, "from": 1150864200, "until": 1150864259,
                "series": [{"key": "palm.cpu", "buckets": bucket}]}),
        ),
        (
            "/v1/range?key=none&points=1&from=0&until=9007199254740992&times=text",
            json!({"width": "9007199254740993", "from": "0", "until": "9007199254740992",
                "series": []}),
        ),
        (
            "/v1/range?key=none&points=1&from=0&times=text",
            json!({"width": "1", "from": null, "until": null, "series": []}),
        ),
    ]
}

const TEXTS: &[(&str, &str, &str)] = &[
    (
        "/v1/keys?format=csv",
        "text/csv",
        "key,count,first_timestamp,first_value,last_timestamp,last_value\n\
            palm.cpu,2,1150864247,23.7,1150864248,24.5\n\
            palm.disk.a,1,1150864247,1.0,1150864247,1.0\n",
    ),
    (
        "/v1/range?format=csv&key=palm.cpu",
        "text/csv",
        "key,value,timestamp\npalm.cpu,23.7,1150864247\npalm.cpu,24.5,1150864248\n",
    ),
    (
        "/v1/range?format=lines",
        "application/x-metric",
        "palm.cpu 23.7 1150864247\npalm.cpu 24.5 1150864248\npalm.disk.a 1.0 1150864247\n",
    ),
    ("/v1/last?format=lines&key=palm.cpu", "application/x-metric", "palm.cpu 24.5 1150864248\n"),
    (
        "/v1/range?format=csv&key=palm.cpu&points=1&from=1150864200&until=1150864259",
        "text/csv",
        "key,timestamp,min,max,mean,first,last,count\npalm.cpu,1150864200,23.7,24.5,24.1,23.7,24.5,2\n",
    ),
];

/// Keys that patterns and JSON might mistake.
const KEYS: [&str; 7] = ["a.b", "a.b.c", "a*", "a[1]", "\"q\\,\"", "<script>", "\u{e4}.\u{1f980}"];

pub(super) fn selection(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let puts: String = KEYS.iter().map(|key| format!("put {key} 1 1\n")).collect();
    assert_eq!(server.ask(&puts), "ok\n\n".repeat(KEYS.len()));
    for key in KEYS {
        let target = format!("/v1/last?key={}", percent(key));
        assert_eq!(selected(&server, &target), [key], "{target}");
        // CSV is read back as it was.
        let csv = read_text(&server, &format!("{target}&format=csv"), "text/csv");
        assert_eq!(csv.lines().count(), 2, "{csv}");
    }
    for (pattern, keys) in [
        ("match=a.*", &["a.b"][..]),
        ("match=a.**", &["a.b", "a.b.c"]),
        ("match=a%5C*", &["a*"]),
        ("match=a.b&key=a.b&match=%3C*", &["<script>", "a.b"]),
        ("match={a.b,a%3F}", &["a*", "a.b"]),
        ("key=nothing", &[]),
    ] {
        assert_eq!(selected(&server, &format!("/v1/last?{pattern}")), keys, "{pattern}");
    }
}

fn selected(server: &Running, target: &str) -> Vec<String> {
    let series = read(server, target)["series"].clone();
    let series = series.as_array().expect("a list").clone();
    series.iter().map(|one| one["key"].as_str().expect("a key").to_owned()).collect()
}

pub(super) fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

pub(super) fn pages(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let keys: Vec<_> = (0..250).map(|number| format!("host{number:03}.cpu&x={number}")).collect();
    let puts: String = keys.iter().map(|key| format!("put {key} 1 1\n")).collect();
    assert_eq!(server.ask(&puts), "ok\n\n".repeat(keys.len()));
    for limit in [1, 7, 125, 250, 251] {
        let rows = paged(&server, &format!("/v1/keys?limit={limit}"), "series", "key");
        assert_eq!(rows, keys, "pages of {limit}");
        let names = paged(&server, &format!("/v1/nodes?limit={limit}"), "nodes", "name");
        let firsts: Vec<_> = keys.iter().map(|key| key[..7].to_owned()).collect();
        assert_eq!(names, firsts, "levels of {limit}");
    }
}

/// Reads pages until there are no more.
fn paged(server: &Running, target: &str, rows: &str, name: &str) -> Vec<String> {
    let (mut all, mut next) = (Vec::new(), String::new());
    loop {
        let page = read(server, &format!("{target}{next}"));
        let found = page[rows].as_array().expect("rows");
        all.extend(found.iter().map(|row| row[name].as_str().expect("a name").to_owned()));
        match &page["next"] {
            Value::Null => return all,
            Value::String(after) => next = format!("&after={}", percent(after)),
            other => panic!("next is {other}"),
        }
        assert!(!found.is_empty() && all.len() <= 1_000, "{page}");
    }
}

pub(super) fn exact(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let mut random = fastrand::Rng::with_seed(1);
    let mut samples = vec![
        (i64::MIN, f64::MIN_POSITIVE),
        (i64::MAX, f64::MAX),
        (9_007_199_254_740_993, -0.0),
        (-9_007_199_254_740_993, 5e-324),
        (0, 0.1),
    ];
    samples.extend((0..500).map(|_| (random.i64(..), f64::from_bits(random.u64(..)))));
    samples.retain(|(_, value)| value.is_finite());
    samples.sort_by_key(|&(time, _)| time);
    samples.dedup_by_key(|&mut (time, _)| time);
    let puts: String = samples.iter().fold(String::new(), |mut puts, (time, value)| {
        writeln!(puts, "put k {value:?} {time}").expect("a string takes all");
        puts
    });
    assert_eq!(server.ask(&puts), "ok\n\n".repeat(samples.len()));
    for (target, mark) in [("/v1/range", ""), ("/v1/range?times=text", "\"")] {
        let found = raw(&get(&server, target).body, mark);
        assert!(same(&found, &samples), "{target}: {found:?}");
    }
    let text = read_text(&server, "/v1/range?format=lines", "application/x-metric");
    assert_eq!(format!("ok\n{text}\n"), server.ask("get *\n"), "the lines of the native protocol");
    // Bounds are inclusive to the last bit.
    for (time, value) in &samples {
        let target = format!("/v1/range?from={time}&until={time}");
        let found = raw(&get(&server, &target).body, "");
        assert!(same(&found, &[(*time, *value)]), "{target}: {found:?}");
    }
}

/// Reads the samples of the only series, with the text of their numbers as it is.
fn raw(body: &[u8], mark: &str) -> Vec<(i64, f64)> {
    let object: BTreeMap<String, Vec<BTreeMap<String, Box<RawValue>>>> =
        serde_json::from_slice(body).expect("JSON");
    let samples = object["series"][0]["samples"].get();
    let samples: Vec<(Box<RawValue>, Box<RawValue>)> =
        serde_json::from_str(samples).expect("pairs");
    let time = |text: &RawValue| text.get().strip_prefix(mark)?.strip_suffix(mark)?.parse().ok();
    let pair = |(at, value): &(Box<RawValue>, Box<RawValue>)| {
        (time(at).expect("a time"), value.get().parse().expect("a value"))
    };
    samples.iter().map(pair).collect()
}

fn same(found: &[(i64, f64)], expected: &[(i64, f64)]) -> bool {
    let bits = |samples: &[(i64, f64)]| -> Vec<_> {
        samples.iter().map(|(time, value)| (*time, value.to_bits())).collect()
    };
    bits(found) == bits(expected)
}

pub(super) fn long(setup: &Setup<'_>) {
    const SAMPLES: usize = 200_000;
    let server = setup.start(&[]);
    let puts: String = (0..SAMPLES).fold(String::new(), |mut puts, number| {
        writeln!(puts, "put large.{} {} {number}", number % 4, (number as f64).sin())
            .expect("a string takes all");
        puts
    });
    assert_eq!(server.ask(&puts).len(), SAMPLES * "ok\n\n".len());
    let expected = server.ask("get *\n");
    for _ in 0..2 {
        let reply = get(&server, "/v1/range?format=lines");
        assert!(reply.is_whole && format!("ok\n{}\n", reply.text()) == expected, "it is whole");
    }
    let buckets = read(&server, "/v1/range?points=100");
    let count = |series: &Value| -> u64 {
        let buckets = series["buckets"].as_array().expect("buckets");
        buckets.iter().map(|bucket| bucket[6].as_u64().expect("a count")).sum()
    };
    let counts: Vec<_> = buckets["series"].as_array().expect("series").iter().map(count).collect();
    assert_eq!(counts, [SAMPLES as u64 / 4; 4], "no bucket is dropped");
}
