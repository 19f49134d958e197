//! Queries that nobody means.

use metric_query::TimeUnit;
use proptest::prelude::*;

use super::*;
use crate::out::functions;

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
        let names: Vec<_> = functions::all().map(|function| function.name).collect();
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
