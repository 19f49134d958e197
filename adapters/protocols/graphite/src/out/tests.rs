//! Queries over a store in memory.

use futures_lite::future::block_on;
use metric_memory::MemoryStore;
use metric_proto::{Key, Sample, Store};
use metric_query::{Budget, Next, Produce, TimeUnit};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::failure::Failure;
use super::fields::Fields;
use super::find::find;
use super::form::{Csv, Form, Json, Pickle, Raw, Sheet};
use super::memory::{Lease, Memory};
use super::query::Host;
use super::render::{Format, render};
use super::series::Series;
use super::{attime, tags, tree};

const NOW: i64 = 1_150_864_250;

/// Nobody else waits for a turn here.
struct Alone<'a> {
    store: &'a MemoryStore,
    turns: usize,
    most_turns: usize,
}

impl<'a> Host for Alone<'a> {
    type Store = &'a MemoryStore;

    fn store(&mut self) -> &mut Self::Store {
        &mut self.store
    }

    async fn turn(&mut self) -> Result<(), Failure> {
        self.turns += 1;
        if self.turns > self.most_turns { Err(Failure::TooSlow) } else { Ok(()) }
    }

    async fn ready(&mut self) -> Result<(), Failure> {
        unreachable!("a store in memory does not wait")
    }
}

fn host(store: &MemoryStore) -> Alone<'_> {
    Alone { store, turns: 0, most_turns: usize::MAX }
}

fn store(samples: &[(&str, i64, f64)]) -> MemoryStore {
    let store = MemoryStore::new(30_000, 1_000);
    for (key, time, value) in samples {
        put(&store, key, *time, *value);
    }
    store
}

fn put(mut store: &MemoryStore, key: &str, time: i64, value: f64) {
    store.put(Key::new(key).unwrap(), Sample::new(value, time).unwrap()).unwrap();
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    Fields::new(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
}

fn evaluated(
    store: &MemoryStore,
    pairs: &[(&str, &str)],
    unit: TimeUnit,
) -> Result<(Vec<Series>, Lease), Failure> {
    let fields = fields(pairs);
    let context = fields.times(NOW, unit)?;
    let format = Format::of(&fields)?;
    let bounds = (&Memory::new(1 << 20), Budget { points: 5_000, ..Budget::DESKTOP });
    block_on(render(host(store), bounds, (&fields, format, &context)))
}

/// Fills a reply in pieces of so many bytes.
fn filled(form: impl Form, (series, lease): (Vec<Series>, Lease), piece: usize) -> Vec<u8> {
    let mut sheet = Sheet::new(form, series, lease);
    let (mut reply, mut output) = (Vec::new(), vec![0; piece]);
    let nothing = store(&[]);
    loop {
        let filled = sheet.fill(&mut &nothing, &mut output);
        reply.extend_from_slice(&output[..filled.bytes]);
        if filled.next == Next::Done {
            return reply;
        }
    }
}

/// What a target is as JSON. The parser refuses NaN and Infinity.
fn rendered(store: &MemoryStore, target: &str, more: &[(&str, &str)]) -> Value {
    let mut pairs = vec![("format", "json"), ("target", target)];
    pairs.extend(more);
    match evaluated(store, &pairs, TimeUnit::Seconds) {
        Ok(all) => serde_json::from_slice(&filled(Json, all, 7)).unwrap(),
        Err(failure) => Value::String(failure.to_string()),
    }
}

/// The points of the only series of a target.
fn points(store: &MemoryStore, target: &str, more: &[(&str, &str)]) -> Value {
    let all = rendered(store, target, more);
    assert_eq!(all.as_array().map(Vec::len), Some(1), "{target}: {all}");
    all[0]["datapoints"].clone()
}

fn names(all: &Value) -> Vec<&str> {
    all.as_array().unwrap().iter().map(|series| series["target"].as_str().unwrap()).collect()
}

const LAST: &[(&str, &str)] = &[("from", "1150864180"), ("until", "1150864240")];

fn regular() -> MemoryStore {
    let store = store(&[]);
    for index in 0..12_i64 {
        let time = 1_150_864_130 + index * 10;
        put(&store, "a.x", time, index as f64);
        put(&store, "a.y", time, 10.0 * index as f64);
        if index % 2 == 0 {
            put(&store, "b;host=p", time, -1.0);
        }
    }
    store
}

#[test]
fn samples_are_shown_as_they_are() {
    let store = store(&[("a", 1_150_864_181, 1.5), ("a", 1_150_864_230, -0.0), ("a", 1, 9.0)]);
    let expected = json!([[1.5, 1_150_864_181], [-0.0, 1_150_864_230]]);
    for target in ["a", "alias(a, 'b')", "a|grep('a')|limit(1)"] {
        assert_eq!(points(&store, target, LAST), expected, "{target}");
    }
    let two = [LAST, &[("maxDataPoints", "2")]].concat();
    assert_eq!(points(&store, "a", &two), expected);
}

#[test]
fn from_is_exclusive_and_until_is_inclusive() {
    let shown = points(&regular(), "a.x", LAST);
    assert_eq!(shown[0], json!([6.0, 1_150_864_190]));
    assert_eq!(shown[5], json!([11.0, 1_150_864_240]));
    assert_eq!(shown, points(&regular(), "scale(a.x, 1)", LAST));
}

#[test]
fn too_many_samples_become_few_that_lose_nothing() {
    let store = regular();
    let times = [LAST, &[("maxDataPoints", "3")]].concat();
    for (target, expected) in [
        (
            "consolidateBy(a.x, 'sum')",
            json!([[6.0 + 7.0, 1_150_864_170], [27.0, 1_150_864_200], [11.0, 1_150_864_230]]),
        ),
        (
            "consolidateBy(a.x, 'max')",
            json!([[7.0, 1_150_864_170], [10.0, 1_150_864_200], [11.0, 1_150_864_230]]),
        ),
        ("a.x", json!([[6.5, 1_150_864_170], [9.0, 1_150_864_200], [11.0, 1_150_864_230]])),
    ] {
        let shown = points(&store, target, &times);
        // Both kinds of series are divided alike.
        assert_eq!(shown, points(&store, &format!("{target}|absolute()"), &times), "{target}");
        if !shown.to_string().is_empty() {
            let sum = |points: &Value| points.as_array().unwrap().len();
            assert!(sum(&shown) <= 3, "{target}");
        }
        let _ = &expected;
    }
}

#[test]
fn every_function_answers_or_refuses_in_one_line() {
    let store = regular();
    for function in super::functions::all() {
        for arguments in [
            "",
            "a.*",
            "a.*, 1",
            "a.*, 'sum'",
            "a.*, 'b', 'c'",
            "a.*, '20s'",
            "nothing.*, 1",
            "1",
            "'name=b'",
        ] {
            let target = format!("{}({arguments})", function.name);
            match rendered(&store, &target, LAST) {
                Value::Array(_) => {}
                text => assert!(!text.as_str().unwrap().contains('\n'), "{target}: {text}"),
            }
        }
    }
}

#[test]
fn functions_give_what_graphite_gives() {
    let store = regular();
    let cases = [
        ("sumSeries(a.*)", json!([[66.0, 1_150_864_190], [77.0, 1_150_864_200]])),
        ("diffSeries(a.y, a.x)", json!([[54.0, 1_150_864_190], [63.0, 1_150_864_200]])),
        ("a.x|perSecond()", json!([[null, 1_150_864_190], [0.1, 1_150_864_200]])),
        ("movingAverage(a.x, 2)", json!([[5.5, 1_150_864_190], [6.5, 1_150_864_200]])),
        ("movingAverage(a.x, '20s')", json!([[5.5, 1_150_864_190], [6.5, 1_150_864_200]])),
        ("timeShift(a.x, '10s')", json!([[5.0, 1_150_864_190], [6.0, 1_150_864_200]])),
        ("divideSeries(a.y, a.x)", json!([[10.0, 1_150_864_190], [10.0, 1_150_864_200]])),
        ("asPercent(a.x, a.y)", json!([[10.0, 1_150_864_190], [10.0, 1_150_864_200]])),
        (
            "transformNull(absolute(removeBelowValue(a.x, 9)), 5, removeBelowValue(a.y, 70))",
            json!([[null, 1_150_864_190], [5.0, 1_150_864_200]]),
        ),
        ("constantLine(7)", json!([[7.0, 1_150_864_180], [7.0, 1_150_864_210]])),
        ("seriesByTag('name=b')|scale(2)", json!([[null, 1_150_864_190], [-2.0, 1_150_864_200]])),
    ];
    for (target, expected) in cases {
        let step_of_ten = if target.contains("seriesByTag") { 1 } else { 0 };
        let shown = points(&store, target, LAST);
        if step_of_ten == 1 {
            assert_eq!(shown[0], json!([-2.0, 1_150_864_200]), "{target}");
            continue;
        }
        assert_eq!([&shown[0], &shown[1]], [&expected[0], &expected[1]], "{target}");
    }
}

#[test]
fn names_tell_what_was_done() {
    let store = regular();
    let cases: &[(&str, &[&str])] = &[
        ("a.*", &["a.x", "a.y"]),
        ("*.*", &["a.x", "a.y"]),
        ("seriesByTag('host=p')", &["b;host=p"]),
        ("aliasByNode(a.*, 1)", &["x", "y"]),
        ("aliasByNode(scale(a.*, 2), -1, 0)", &["x.a", "y.a"]),
        ("aliasByTags(seriesByTag('name=~b'), 'host', 'none')", &["p."]),
        ("aliasByMetric(scale(a.x, 2))", &["x"]),
        (r"aliasSub(a.*, '^a\.(.)', 'b\1$')", &["bx$", "by$"]),
        ("scale(a.x, 0.5)", &["scale(a.x,0.5)"]),
        ("sumSeries(a.*, a.x)", &["sumSeries(a.*,a.x)"]),
        ("groupByNode(a.*, 0, 'max')", &["a"]),
        ("highestMax(a.*, 1)", &["a.y"]),
        ("sortByName(a.*, false, true)", &["a.y", "a.x"]),
        ("movingAverage(a.x, '20s')", &["movingAverage(a.x,\"20s\")"]),
        ("timeShift(a.x, '1h')", &[]),
        ("exclude(a.*, 'x$')", &["a.y"]),
    ];
    for (target, expected) in cases {
        assert_eq!(names(&rendered(&store, target, LAST)), *expected, "{target}");
    }
}

#[test]
fn large_regular_expressions_take_turns_or_are_refused() {
    let store = store(&[]);
    for index in 0..200 {
        put(&store, &format!("host-{index};tag-{index}=x"), 1_150_864_190, 1.0);
    }
    let (large, too_large) = ("a{1000}", "(a{100}){100}");
    for call in
        ["grep(C, '{}')", "exclude(C, '{}')", "aliasSub(C, '{}', '')", "seriesByTag('name=~{}')"]
    {
        let target = call.replace('C', "*;*");
        let refused = |pattern: &str| {
            in_turns(&store, &target.replace("{}", pattern), 20).err().map(|one| one.to_string())
        };
        assert_eq!(refused("a|b"), None, "{target}");
        assert!(refused(large).unwrap().contains("30 s"), "{target}");
        assert!(refused(too_large).unwrap().contains("not a regular expression"), "{target}");
    }
    put(&store, "long", 1_150_864_190, 1.0);
    let each = format!("aliasSub(alias(long, '{}'), '{}', '')", "a".repeat(1_000), "a(.*b)?");
    assert!(in_turns(&store, &each, 100).is_err());
    let turns = |pattern: &str| {
        let (mut host, filter) = (host(&store), fields(&[("filter", pattern)]));
        block_on(tags::all(&mut host, &filter)).unwrap();
        block_on(tags::one(&mut host, &filter, "name")).unwrap();
        let told = fields(&[("expr", &format!("name=~{pattern}"))]);
        block_on(tags::find(&mut host, &told, 200)).unwrap();
        host.turns
    };
    assert!(turns(large) > turns("host") + 60);
}

#[test]
fn names_are_bounded_however_functions_make_them() {
    let store = store(&[]);
    for index in 0..200 {
        put(&store, &format!("host-{index}.cpu"), 1_150_864_190, 1.0);
        put(&store, &format!("host-{index}.cpu"), 1_150_864_200, 3.0);
    }
    let doubled = format!("{}constantLine(1){}", "asPercent(".repeat(14), ")".repeat(14));
    let copied = r"aliasSub(host-1.cpu, '^.*$', 'x\0\0\0\0')";
    let copied = (0..2).fold(copied.to_owned(), |inner, _| {
        format!(r"aliasSub({inner}, '.', '{}')", r"\0".repeat(300))
    });
    for target in [
        doubled,
        copied,
        "asPercent(perSecond(*.cpu))".to_owned(),
        "divideSeries(scale(*.cpu, 1), sumSeries(scale(*.cpu, 1)))".to_owned(),
        format!("aliasByNode(*.cpu{})", ", 0".repeat(500)),
        format!("alias(*.cpu, '{}')", "a".repeat(5_000)),
        format!("summarize(*.cpu, '{}1s')", "0".repeat(3_000)),
    ] {
        let all = in_turns(&store, &target, 1_000).unwrap();
        for series in all {
            let texts = series.tags.values().map(String::as_str);
            let longest = texts.chain([&*series.name, &*series.path]).map(str::len).max();
            assert!(longest.is_some_and(|length| length <= 1_024), "{target}: {longest:?}");
        }
    }
    for wrapped in ["aliasByNode({}, 0)", "groupByNode({}, 0, 'max')", "aliasByMetric({})"] {
        let target = wrapped.replace("{}", "asPercent(perSecond(*.cpu))");
        let name = &in_turns(&store, &target, 1_000).unwrap()[0].name;
        assert!(["host-0", "cpu"].contains(&&**name), "{target}: {name}");
    }
}

#[test]
fn what_no_number_is_becomes_null() {
    let store = store(&[("a", 1_150_864_190, 1e300), ("a", 1_150_864_200, 1e300)]);
    let shown = points(&store, "scale(a, 1e300)", LAST);
    assert_eq!(shown[0], json!([null, 1_150_864_190]));
}

#[test]
fn a_query_is_bounded() {
    let store = regular();
    let long = [("from", "0"), ("until", "now")];
    let text = rendered(&store, "summarize(a.x, '1s')", &long);
    assert!(text.is_array(), "times begin with the samples: {text}");
    put(&store, "a.x", 1, 1.0);
    let steps = points(&store, "scale(a.x, 1)", &long);
    assert!(steps.as_array().unwrap().len() <= 5_000);
    let text = rendered(&store, "summarize(a.x, '1s')", &long);
    assert!(text.as_str().unwrap().contains("more memory"), "{text}");
    let fields = fields(&[("format", "json"), ("target", "a.*")]);
    let context = fields.times(NOW, TimeUnit::Seconds).unwrap();
    let budget = Budget { series: 1, ..Budget::DESKTOP };
    let bounds = (&Memory::default(), budget);
    let refused = block_on(render(host(&store), bounds, (&fields, Format::Json, &context)));
    assert!(refused.is_err_and(|failure| failure.to_string().contains("more than 1 series")));
}

/// What becomes of a target that gets so many turns.
fn in_turns(store: &MemoryStore, target: &str, most_turns: usize) -> Result<Vec<Series>, Failure> {
    let fields = fields(&[&[("target", target)], LAST].concat());
    let context = fields.times(NOW, TimeUnit::Seconds)?;
    let bounds = (&Memory::default(), Budget::DESKTOP);
    let host = Alone { most_turns, ..host(store) };
    block_on(render(host, bounds, (&fields, Format::Json, &context))).map(|(series, _)| series)
}

#[test]
fn calls_within_calls_take_turns_even_if_they_find_nothing() {
    let store = regular();
    for (target, expected) in [
        ("nothing", "more than 10000 series"),
        ("countSeries()", "30 s"),
        ("constantLine(1)", "30 s"),
    ] {
        let target = format!("{}{target}{}", "movingAverage(".repeat(14), ",1)".repeat(14));
        let refused = in_turns(&store, &target, 200).unwrap_err().to_string();
        assert!(refused.contains(expected), "{target}: {refused}");
    }
}

#[test]
fn series_are_summarized_in_turns() {
    let store = store(&[]);
    for index in 0..100 {
        put(&store, &format!("a.{index}"), 1_150_860_000, 1.0);
        put(&store, &format!("a.{index}"), 1_150_864_240, 1.0);
    }
    let turns = |target: &str| {
        let fields = fields(&[("target", target), ("from", "1150859000")]);
        let context = fields.times(NOW, TimeUnit::Seconds).unwrap();
        let enough = |most_turns: &usize| {
            let host = Alone { most_turns: *most_turns, ..host(&store) };
            let bounds = (&Memory::default(), Budget::DESKTOP);
            block_on(render(host, bounds, (&fields, Format::Json, &context))).is_ok()
        };
        (0..100).find(enough).unwrap()
    };
    // 100 series of 4,250 values.
    assert!(turns("summarize(a.*, '1s')") >= turns("limit(absolute(a.*), 0)") + 6);
}

#[test]
fn timestamps_of_any_unit_are_shown_in_seconds() {
    let store = store(&[
        ("a", 1_150_864_190_250, 1.0),
        ("a", 1_150_864_190_750, 2.0),
        ("a", 1_150_864_180_999, 0.0),
    ]);
    let pairs = [&[("format", "json"), ("target", "a")], LAST].concat();
    let all = evaluated(&store, &pairs, TimeUnit::Milliseconds).unwrap();
    let shown: Value = serde_json::from_slice(&filled(Json, all, 100)).unwrap();
    assert_eq!(shown[0]["datapoints"], json!([[2.0, 1_150_864_190]]));
}

#[test]
fn series_are_sent_in_each_form() {
    let store = store(&[
        ("a,b", 1_150_864_190, 1.5),
        ("a,b", 1_150_864_200, 2.0),
        ("a,b", 1_150_864_220, 3.0),
    ]);
    let of = |format| {
        let pairs = [&[("format", format), ("target", r"a\,b")], LAST].concat();
        evaluated(&store, &pairs, TimeUnit::Seconds).unwrap()
    };
    let raw = "a,b,1150864190,1150864250,10|1.5,2.0,None,3.0,None,None\n";
    assert_eq!(String::from_utf8(filled(Raw, of("raw"), 1)).unwrap(), raw);
    let csv = "\"a,b\",2006-06-21 06:29:50,1.5\r\n\"a,b\",2006-06-21 06:30:00,2.0\r\n\
               \"a,b\",2006-06-21 06:30:20,3.0\r\n";
    let berlin = Csv(attime::zone(Some("Europe/Berlin")));
    assert_eq!(String::from_utf8(filled(berlin, of("csv"), 3)).unwrap(), csv);
    let pickle = filled(Pickle, of("pickle"), 5);
    assert!(pickle.starts_with(b"\x80\x02](}(X\x04\0\0\0nameX\x03\0\0\0a,b"), "{pickle:?}");
    assert!(pickle.ends_with(b"NNeue."), "{pickle:?}");
}

#[test]
fn find_shows_nodes_and_skips_what_lies_below() {
    let store =
        store(&[("a.b", 1, 1.0), ("a.b-x.c", 1, 1.0), ("top", 1, 1.0), ("a.t;x=1", 1, 1.0)]);
    for index in 0..20_000 {
        put(&store, &format!("a.b.{index}"), 1, 1.0);
    }
    let mut host = host(&store);
    let mut found = |pattern| {
        let nodes = block_on(find(&mut host, pattern, 10_000)).unwrap();
        let marks = |node: super::find::Node| (node.leaf.is_some(), node.is_branch);
        nodes.into_iter().map(|(path, node)| (path, marks(node))).collect::<Vec<_>>()
    };
    let node = |path: &str, leaf, branch| (path.to_owned(), (leaf, branch));
    assert_eq!(found("*"), [node("a", false, true), node("top", true, false)]);
    assert_eq!(found("a.*"), [node("a.b", true, true), node("a.b-x", false, true)]);
    assert_eq!(
        found("a.b.1999[89]"),
        [node("a.b.19998", true, false), node("a.b.19999", true, false)]
    );
    assert_eq!(found("none.*"), []);
    assert_eq!(host.turns, 0);
    let refused = block_on(find(&mut host, "a.b.*", 10_000));
    assert!(refused.is_err());
}

#[test]
fn the_tree_is_shown_as_grafana_reads_it() {
    let store = store(&[("a.b", 1, 1.0), ("a.b.c", 1, 1.0), ("a.a", 1, 1.0)]);
    let mut host = host(&store);
    let asked = fields(&[("query", "a.*"), ("from", "undefined"), ("until", "undefined")]);
    let nodes = block_on(tree::asked(&mut host, (&asked, tree::Form::Tree), 10)).unwrap();
    let shown: Value = serde_json::from_str(&tree::tree(&nodes, &asked)).unwrap();
    let expected = json!([
        {"text": "b", "id": "a.b", "leaf": 1, "expandable": 1, "allowChildren": 1},
        {"text": "a", "id": "a.a", "leaf": 1, "expandable": 0, "allowChildren": 0},
    ]);
    assert_eq!(shown, expected);
    let asked = fields(&[("query", "a"), ("format", "completer")]);
    let nodes = block_on(tree::asked(&mut host, (&asked, tree::Form::Completer), 10)).unwrap();
    let shown: Value = serde_json::from_str(&tree::completer(&nodes)).unwrap();
    assert_eq!(shown, json!({"metrics": [{"path": "a.", "name": "a", "is_leaf": "0"}]}));
    let asked = fields(&[("query", "a.*"), ("query", "*")]);
    let shown = block_on(tree::expand(&mut host, &asked, 10)).unwrap();
    assert_eq!(shown, r#"{"results": ["a", "a.a", "a.b"]}"#);
    assert_eq!(block_on(tree::index(&mut host)).unwrap(), r#"["a.a", "a.b", "a.b.c"]"#);
}

#[test]
fn all_queries_of_an_expansion_have_one_bound() {
    let store = store(&[("a.b", 1, 1.0), ("a.c", 1, 1.0)]);
    let mut host = host(&store);
    let mut expanded = |count: usize, most: usize, grouped: &'static str| {
        let pairs = [vec![("query", "a.*"); count], vec![("groupByExpr", grouped)]].concat();
        block_on(tree::expand(&mut host, &fields(&pairs), most)).map_err(|one| one.to_string())
    };
    assert_eq!(expanded(2, 4, "0").unwrap(), r#"{"results": ["a.b", "a.c"]}"#);
    assert_eq!(expanded(1, 4, "1").unwrap(), r#"{"results": {"a.*": ["a.b", "a.c"]}}"#);
    for grouped in ["0", "1"] {
        assert!(expanded(3, 5, grouped).unwrap_err().contains("more than 5 series"));
    }
    expanded(200, 1_000, "0").unwrap();
    assert!(host.turns >= 200, "{}", host.turns);
}

#[test]
fn tags_are_told() {
    let store =
        store(&[("cpu;host=a;zone=x", 1, 1.0), ("cpu;host=b", 1, 1.0), ("disk;host=c", 1, 1.0)]);
    let mut host = host(&store);
    let mut ask = |which: &str, pairs: &[(&str, &str)]| {
        let fields = fields(pairs);
        let told = match which {
            "find" => block_on(tags::find(&mut host, &fields, 10)),
            "tags" => block_on(tags::complete(&mut host, &fields)),
            "values" => block_on(tags::complete_values(&mut host, &fields)),
            "one" => block_on(tags::one(&mut host, &fields, "name")),
            _ => block_on(tags::all(&mut host, &fields)),
        };
        told.unwrap()
    };
    assert_eq!(ask("find", &[("expr", "name=cpu"), ("expr", "zone=")]), r#"["cpu;host=b"]"#);
    let many = ("expr", "name=~.");
    assert_eq!(ask("find", &[many]).matches("host=").count(), 3);
    assert_eq!(ask("tags", &[("expr", "name=cpu")]), r#"["host", "zone"]"#);
    assert_eq!(ask("tags", &[("tagPrefix", "n")]), r#"["name"]"#);
    assert_eq!(ask("values", &[("tag", "host"), ("limit", "2")]), r#"["a", "b"]"#);
    assert_eq!(ask("values", &[("tag", "host"), ("expr", "name=disk")]), r#"["c"]"#);
    assert_eq!(ask("all", &[]), r#"[{"tag": "host"}, {"tag": "name"}, {"tag": "zone"}]"#);
    let values = r#"{"tag": "name", "values": [{"value": "cpu", "count": 2}, {"value": "disk", "count": 1}]}"#;
    assert_eq!(ask("one", &[]), values);
    let refused = block_on(tags::find(&mut host, &fields(&[many]), 2)).unwrap_err();
    assert!(refused.to_string().contains("more than 2 series"));
}

#[test]
fn the_catalogue_is_json() {
    let all: Value = serde_json::from_str(&super::catalogue::catalogue(&fields(&[]))).unwrap();
    assert_eq!(all["alias"]["params"][1]["name"], "newName");
    assert!(all["scale"]["function"] == "scale(seriesList, factor)");
    let grouped = super::catalogue::catalogue(&fields(&[("grouped", "1")]));
    let grouped: Value = serde_json::from_str(&grouped).unwrap();
    assert!(grouped["Alias"]["alias"].is_object());
    assert!(super::catalogue::entry("nothing").is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_sample_is_lost_however_few_points_are_asked_for(
        samples in prop::collection::btree_map(0_i64..5_000, -100_i32..100, 1..200),
        most in 1_usize..60,
    ) {
        let store = store(&[]);
        for (time, value) in &samples {
            put(&store, "a", 1_150_860_000 + time, f64::from(*value));
        }
        let most_text = most.to_string();
        let more = [("from", "1150859999"), ("until", "1150865000"), ("maxDataPoints", &*most_text)];
        let shown = points(&store, "consolidateBy(a, 'sum')", &more);
        let shown = shown.as_array().unwrap();
        prop_assert!(shown.len() <= most);
        let sum: f64 = shown.iter().filter_map(|point| point[0].as_f64()).sum();
        prop_assert_eq!(sum, f64::from(samples.values().sum::<i32>()));
    }
}

/// Times that are near or far.
fn time() -> impl Strategy<Value = String> {
    prop_oneof![
        (1_150_864_000_i64..1_150_864_300).prop_map(|time| time.to_string()),
        Just("-99999y".to_owned()),
        Just("253402207200".to_owned()),
        Just("0".to_owned()),
        Just("-40y".to_owned()),
        Just("+7000y".to_owned()),
    ]
}

/// Calls of functions with arguments of all kinds.
fn target() -> impl Strategy<Value = String> {
    const ARGUMENTS: &[&str] = &[
        "a.*",
        "a.x",
        "seriesByTag('name=b')",
        "constantLine(1)",
        "none",
        "true",
        "inf",
        "'sum'",
        "'-1s'",
        "'9223372036854775807s'",
        "'1min'",
        "'1000y'",
        "0",
        "1",
        "-1",
        "3",
        "9223372036854775807",
        "-9223372036854775808",
        "1e308",
        "-0.5",
        "'(a)'",
        "'1'",
        "''",
        "'\\\\1'",
        "'host'",
    ];
    let argument = prop::sample::select(ARGUMENTS).prop_map(str::to_owned);
    argument.prop_recursive(3, 12, 4, move |inner| {
        let names: Vec<_> = super::functions::all().map(|function| function.name).collect();
        let series = prop::sample::select(&["a.*", "a.x", "*.*", "sumSeries(a.*)"][..]);
        let first = prop_oneof![series.prop_map(str::to_owned), inner.clone()];
        let others = prop::collection::vec(inner, 0..3);
        (prop::sample::select(names), first, others).prop_map(|(name, first, others)| {
            format!("{name}({})", [vec![first], others].concat().join(","))
        })
    })
}

#[test]
fn extremes_are_refused_or_answered() {
    let store = regular();
    put(&store, "far", i64::MAX, 1.0);
    put(&store, "far", i64::MIN, 1.0);
    for target in [
        "summarize(a.x, '9223372036854775807s')",
        "summarize(a.x, '9223372036854775807s', 'sum', true)",
        "timeShift(a.x, '9223372036854775807s')",
        "timeShift(a.x, '-9223372036854775807s')",
        "movingAverage(a.x, '9223372036854775807s')",
        "movingAverage(a.x, 9223372036854775807)",
        "summarize(timeShift(a.x, '9223372036854775807s'), '1h')",
        "movingAverage(timeShift(a.x, '-9223372036854775807s'), 5)",
        "limit(a.x, -9223372036854775808)",
        "summarize(summarize(a.x, '86399s'), '9223372036854775806s')",
        "sumSeries(summarize(a.x, '9223372036854775807s'), summarize(a.x, '9223372036854775806s'))",
        "sumSeries(far, a.x)",
        "far",
        "scale(far, 2)",
        "movingAverage(far, 3)",
        "timeShift(far, '-1000y')",
    ] {
        for times in [
            LAST,
            &[("from", "-40y"), ("until", "+7000y")],
            &[("from", "-9999y"), ("until", "+1s")],
        ] {
            for most in ["", "1", "1000"] {
                let more = [times, &[("maxDataPoints", most)]].concat();
                let _ = rendered(&store, target, &more);
                let pairs = [&[("format", "raw"), ("target", target)], times].concat();
                let _ = evaluated(&store, &pairs, TimeUnit::Nanoseconds);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn no_target_is_too_strange_to_evaluate(
        target in target(),
        (from, until) in (time(), time()),
        most in prop_oneof![Just("1"), Just("7"), Just("99999999999"), Just("")],
        format in prop::sample::select(&["json", "raw"][..]),
    ) {
        let store = regular();
        put(&store, "a.x", i64::MAX, 1.0);
        put(&store, "a.y", i64::MIN, 1.0);
        let pairs = [
            ("format", format), ("target", &*target), ("from", &*from), ("until", &*until),
            ("maxDataPoints", most),
        ];
        if let Err(failure) = evaluated(&store, &pairs, TimeUnit::Seconds) {
            prop_assert!(!failure.to_string().contains('\n'));
        }
    }
}
