//! The samples that a query selects, and the list of series.

use metric_proto::{Position, Query, Series, Store};

use super::{Rule, SAMPLES, fill, put, rest_of, row, series};

pub(super) fn rules<S: Store>() -> Vec<Rule<S>> {
    vec![
        ("a query selects by prefix, by time, and the newest", selects),
        ("a query selects the first and the last possible timestamp, or nothing", selects_extremes),
        ("series are listed from any key on, with their ends", lists_series),
    ]
}

fn selects(store: &mut impl Store) {
    for (key, timestamp) in [("a", 1), ("a.b", 1), ("a.b", 2), ("a.b", 3), ("b", 2)] {
        assert_eq!(put(store, key, 1.0, timestamp), Ok(()));
    }
    let all = Query::all(Series::All);
    let asked = [
        (Query { series: Series::Prefix(b"a."), ..all }, vec![("a.b", 1), ("a.b", 2), ("a.b", 3)]),
        (Query { since: 2, ..all }, vec![("a.b", 2), ("a.b", 3), ("b", 2)]),
        (Query { until: 1, ..all }, vec![("a", 1), ("a.b", 1)]),
        (Query { newest: 1, ..all }, vec![("a", 1), ("a.b", 3), ("b", 2)]),
        (Query { newest: 2, until: 2, ..all }, vec![("a", 1), ("a.b", 1), ("a.b", 2), ("b", 2)]),
        (Query { newest: 0, ..all }, vec![]),
        (Query { since: 3, until: 2, ..all }, vec![]),
        (Query::all(Series::Prefix(b"c")), vec![]),
    ];
    for (query, due) in asked {
        let due: Vec<_> = due.into_iter().map(|(key, time)| row(key, 1.0, time)).collect();
        assert_eq!(rest_of(store, &query, Position::START), due, "{query:?}");
    }
}

fn selects_extremes(store: &mut impl Store) {
    let ends = [i64::MIN, i64::MAX];
    for timestamp in ends {
        assert_eq!(put(store, "a", 1.0, timestamp), Ok(()));
    }
    let all = Query::all(Series::All);
    let none: &[i64] = &[];
    let asked = [
        (Query { newest: 0, ..all }, none),
        (Query { newest: 0, since: i64::MAX, ..all }, none),
        (Query { newest: 0, until: i64::MIN, ..all }, none),
        (Query { since: i64::MAX, until: i64::MIN, ..all }, none),
        (Query { since: i64::MAX, ..all }, &ends[1..]),
        (Query { until: i64::MIN, ..all }, &ends[..1]),
        (Query { newest: 1, ..all }, &ends[1..]),
        (Query { newest: 2, ..all }, &ends),
    ];
    for (query, due) in asked {
        let due: Vec<_> = due.iter().map(|&time| row("a", 1.0, time)).collect();
        assert_eq!(rest_of(store, &query, Position::START), due, "{query:?}");
    }
}

fn lists_series(store: &mut impl Store) {
    fill(store, "b");
    assert_eq!(put(store, "a.b", 2.0, 7), Ok(()));
    assert_eq!(put(store, "b", 3.0, 50), Ok(()));
    let a = ("a.b".to_owned(), 1, row("", 2.0, 7), row("", 2.0, 7));
    let b = ("b".to_owned(), SAMPLES, row("", 1.0, 0), row("", 3.0, 50));
    for (from, due) in
        [("", vec![a.clone(), b.clone()]), ("a.b", vec![a, b.clone()]), ("a.b.", vec![b])]
    {
        assert_eq!(series(store, from), due, "from {from:?}");
    }
    assert_eq!(series(store, "c"), []);
}
