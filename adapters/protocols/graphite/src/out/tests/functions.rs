//! What functions make.

use serde_json::{Value, json};

use super::*;
use crate::out::catalogue::{catalogue, entry};
use crate::out::functions;

#[test]
fn every_function_answers_or_refuses_in_one_line() {
    let store = regular();
    for function in functions::all() {
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
fn the_catalogue_is_json() {
    let all: Value = serde_json::from_str(&catalogue(&fields(&[]))).unwrap();
    assert_eq!(all["alias"]["params"][1]["name"], "newName");
    assert!(all["scale"]["function"] == "scale(seriesList, factor)");
    let grouped = catalogue(&fields(&[("grouped", "1")]));
    let grouped: Value = serde_json::from_str(&grouped).unwrap();
    assert!(grouped["Alias"]["alias"].is_object());
    assert!(entry("nothing").is_none());
}

#[test]
fn a_series_without_a_divisor_keeps_its_tags() {
    let all = rendered(&regular(), "divideSeries(seriesByTag('name=b'), nothing.here)", LAST);
    let shown = (&all[0]["target"], &all[0]["tags"], &all[0]["datapoints"][0][0]);
    let name = json!("divideSeries(b;host=p,MISSING)");
    assert_eq!(shown, (&name, &json!({"host": "p", "name": "b"}), &Value::Null));
}
