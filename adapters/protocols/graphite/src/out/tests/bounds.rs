//! What a query may take, and its turns.

use metric_query::{Budget, TimeUnit};

use super::*;
use crate::out::find::find;
use crate::out::query::TURN;
use crate::out::{tags, tree};

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
            in_turns(&store, &target.replace("{}", pattern), 100).err().map(|one| one.to_string())
        };
        assert_eq!(refused("a|b"), None, "{target}");
        assert!(refused(large).unwrap().contains("30 s"), "{target}");
        assert!(refused(too_large).unwrap().contains("not a regular expression"), "{target}");
    }
    put(&store, "long", 1_150_864_190, 1.0);
    let each = format!("aliasSub(alias(long, '{}'), '{}', '')", "a".repeat(1_000), "a(.*b)?");
    assert!(in_turns(&store, &each, 100).is_err());
    let turns = |pattern: &str| {
        let (host, filter) = (host(&store), fields(&[("filter", pattern)]));
        let query = || Running::new(host.clone(), &Memory::default(), Budget::DESKTOP);
        block_on(tags::all(query(), &filter)).unwrap();
        block_on(tags::one(query(), &filter, "name")).unwrap();
        let told = fields(&[("expr", &format!("name=~{pattern}"))]);
        block_on(tags::find(query(), &told, 200)).unwrap();
        host.turns.load(Relaxed)
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

#[test]
fn calls_within_calls_take_turns_even_if_they_find_nothing() {
    let store = regular();
    for (target, expected) in [
        ("nothing", "more than 10000 series"),
        ("countSeries()", "30 s"),
        ("constantLine(1)", "30 s"),
    ] {
        let target = format!("{}{target}{}", "movingAverage(".repeat(14), ",1)".repeat(14));
        let refused = in_turns(&store, &target, 1_800).unwrap_err().to_string();
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
    let turns = |target: &str| turns(&store, target, "1150859000");
    // 100 series of 4,250 values.
    assert!(turns("summarize(a.*, '1s')") >= turns("limit(absolute(a.*), 0)") + 72);
}

/// Returns how many turns a target takes.
fn turns(store: &MemoryStore, target: &str, from: &str) -> usize {
    let fields = fields(&[("target", target), ("from", from), ("maxDataPoints", "100")]);
    let context = fields.times(NOW, TimeUnit::Seconds).unwrap();
    let (host, bounds) = (host(store), (&Memory::default(), Budget::DESKTOP));
    let made = block_on(render(host.clone(), bounds, (&fields, Format::Json, &context)));
    assert_eq!(made.err(), None, "{target}");
    host.turns.load(Relaxed)
}

#[test]
fn functions_of_a_long_series_take_turns() {
    let store = store(&[("long", NOW - 400_000, 1.0)]);
    for index in 0..80 {
        put(&store, "long", NOW - index, index as f64);
    }
    let from = (NOW - 400_001).to_string();
    let least = turns(&store, "limit(absolute(long), 0)", &from);
    // How many steps each value takes.
    for (target, steps) in [
        ("absolute(long)", 4),
        ("keepLastValue(long)", 4),
        ("keepLastValue(long, 5)", 1),
        ("transformNull(long)", 4),
        ("transformNull(long, 0, long)", 8),
        ("asPercent(long)", 9),
        ("asPercent(long, 5)", 4),
        ("asPercent(long, long)", 6),
        ("asPercent(long, long, 0)", 6),
        ("asPercent(long, none.*, 0)", 4),
        ("divideSeries(long, long)", 6),
        ("divideSeries(long, none.*)", 4),
        ("sortByMaxima(long)", 4),
        ("highestCurrent(long, 1)", 4),
        ("lowestCurrent(long, 1)", 4),
        ("sumSeries(long, long)", 6),
        ("countSeries(long)", 3),
        ("percentileOfSeries(long, 50)", 3),
        ("groupByNode(long, 0, 'max')", 3),
        ("summarize(absolute(long), '1y')", 4),
        ("summarize(absolute(long), '1y', 'median')", 160),
        ("summarize(absolute(long), '1y', 'stddev')", 8),
        ("summarize(absolute(long), '1y', 'range')", 8),
        ("summarize(absolute(long), '1s')", 16),
        ("movingAverage(long, 5)", 24),
        ("movingAverage(long, '300000s')", 20),
    ] {
        let taken = turns(&store, target, &from);
        // The baseline has four for each value.
        assert!(taken + 300 >= least + 400_000 * steps / TURN, "{target}: {taken} {least}");
    }
}

#[test]
fn names_of_many_series_take_turns() {
    let store = store(&[]);
    for index in 0..2_000 {
        put(&store, &format!("host-{index}.cpu"), NOW - 1, 1.0);
    }
    let least = turns(&store, "limit(*.cpu, 0)", "-1h");
    for target in [
        "aliasByNode(*.cpu, 0)",
        "aliasByMetric(*.cpu)",
        "alias(*.cpu, 'a')",
        "consolidateBy(*.cpu, 'max')",
        "sortByName(*.cpu)",
        "sortByName(*.cpu, true)",
        "grep(*.cpu, 'cpu')",
        "groupByNode(*.cpu, 0)",
        "groupByTags(*.cpu, 'sum', 'host')",
        "highestMax(*.cpu, 2000)",
        "timeShift(*.cpu, '1s')",
    ] {
        let taken = turns(&store, &format!("limit({target}, 0)"), "-1h");
        assert!(taken >= least + 2_000 * 512 / TURN, "{target}: {taken} {least}");
    }
}

#[test]
fn long_aggregations_are_those_of_short_ones() {
    use crate::out::aggregation::Aggregation;
    let number =
        |index: i64| if index % 7 == 0 { f64::NAN } else { (index * 7_919 % 1_009 - 500) as f64 };
    for length in [9_999, 10_000] {
        let values: Vec<_> = (0..length).map(number).collect();
        for name in Aggregation::names() {
            let by = Aggregation::named(name).unwrap();
            let made = with_tools(async |tools| tools.aggregate(by, &values).await).unwrap();
            let expected = by.of(&values);
            assert!(
                made == expected || made.is_nan() && expected.is_nan(),
                "{name}: {made} {expected}"
            );
        }
    }
}

/// What becomes of a query that has so much memory.
fn within<T>(
    store: &MemoryStore,
    bytes: usize,
    ask: impl AsyncFnOnce(Running<Alone<'_>>) -> Result<T, Failure>,
) -> Option<Failure> {
    block_on(ask(Running::new(host(store), &Memory::new(bytes), Budget::DESKTOP))).err()
}

#[test]
fn all_that_is_found_takes_memory() {
    let store = store(&[]);
    for index in 0..200 {
        put(&store, &format!("host-{index}"), 1, 1.0);
        put(&store, &format!("host;tag-{index}=value-{index}"), 1, 1.0);
        put(&store, &format!("cpu;host=value-{index}"), 1, 1.0);
    }
    let none = fields(&[]);
    let (expr, pattern) = (fields(&[("expr", "name=cpu")]), fields(&[("query", "*")]));
    let (tag, grouped) = (fields(&[("tag", "host")]), [("query", "*"), ("groupByExpr", "1")]);
    for (bytes, expected) in [(50_000, None), (10_000, Some(Failure::TooLarge))] {
        let all = [
            within(&store, bytes, async |query| tags::all(query, &none).await),
            within(&store, bytes, async |query| tags::one(query, &none, "host").await),
            within(&store, bytes, async |query| tags::find(query, &expr, 1_000).await),
            within(&store, bytes, async |query| tags::complete(query, &none).await),
            within(&store, bytes, async |query| tags::complete_values(query, &tag).await),
            within(&store, bytes, async |mut query| find(&mut query, "*", 1_000).await),
            within(&store, bytes, async |query| tree::expand(query, &pattern, 1_000).await),
            within(&store, bytes, async |query| {
                tree::expand(query, &fields(&grouped), 1_000).await
            }),
        ];
        for (index, failure) in all.into_iter().enumerate() {
            assert_eq!(failure, expected, "{index}");
        }
    }
}

#[test]
fn names_take_memory_as_long_as_they_are_there() {
    let store = store(&[]);
    for index in 0..1_000 {
        put(&store, &format!("host-{index}.{}", "a".repeat(200)), NOW - 1, 1.0);
    }
    let rendered = |target: &str, bytes: usize| {
        let fields = fields(&[("target", target)]);
        let context = fields.times(NOW, TimeUnit::Seconds).unwrap();
        let memory = Memory::new(bytes);
        let bounds = (&memory, Budget::DESKTOP);
        let made = block_on(render(host(&store), bounds, (&fields, Format::Json, &context)));
        let size = bytes - memory.free();
        let counted = made.as_ref().map_or(0, |(all, _)| all.iter().map(Series::size).sum());
        assert_eq!(size, counted, "{target}");
        made.map(|_| size)
    };
    assert_eq!(rendered("*.*", 500_000), Err(Failure::TooLarge));
    let plain = rendered("*.*", 4 << 20).unwrap();
    assert!(plain > 500_000, "{plain}");
    let long = format!("alias(*.*, '{}')", "b".repeat(1_000));
    assert!(rendered(&long, 4 << 20).is_ok());
    let doubled = format!("{}*.*{}", "aliasSub(".repeat(2), ",'(.*)','\\1\\1')".repeat(2));
    assert_eq!(rendered(&doubled, 1 << 20), Err(Failure::TooLarge));
    // What a call took is free again behind it.
    let deep = format!("{}*.*{}", "sortByName(".repeat(20), ")".repeat(20));
    assert!(rendered(&deep, 4 << 20).unwrap() <= plain);
}
