//! Checks the refusal of wrong requests.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{SAMPLES, Setup};
use crate::http::{Reply, ask, get};
use crate::running::Running;

/// Fails unless a refusal tells all that it must.
fn check(reply: &Reply, status: u16, place: &str) {
    let json = reply.json();
    assert_eq!((reply.status, &json["where"]), (status, &json!(place)), "{json}");
    for field in ["error", "advice"] {
        assert!(json[field].as_str().is_some_and(|text| !text.is_empty()), "{field} in {json}");
    }
}

pub(super) fn requests(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let _ = server.ask(SAMPLES);
    let many = "key=k&".repeat(1_001);
    for (target, place) in [
        ("/v1/range?from=yesterday", "from"),
        ("/v1/range?until=", "until"),
        ("/v1/range?until=2006-02-30T00:00:00Z", "until"),
        ("/v1/range?from=99999999999999999999", "from"),
        ("/v1/range?from=-1y", "from"),
        ("/v1/range?from=1&from=2", "from"),
        ("/v1/range?points=0", "points"),
        ("/v1/range?points=100001", "points"),
        ("/v1/range?points=%2B1", "points"),
        ("/v1/range?points=1.5", "points"),
        ("/v1/range?newest=0", "newest"),
        ("/v1/range?newest=1&points=1", "newest"),
        ("/v1/range?match=[a", "match"),
        ("/v1/range?match={a", "match"),
        ("/v1/range?match=a%5C", "match"),
        ("/v1/range?format=xml", "format"),
        ("/v1/keys?format=lines", "format"),
        ("/v1/nodes?format=lines", "format"),
        ("/v1/range?points=2&format=lines", "format"),
        ("/v1/keys?key=a%zz", "key"),
        ("/v1/keys?key=%ff", "key"),
        ("/v1/keys?match=", "match"),
        ("/v1/last?key=", "key"),
        ("/v1/range?from=2&until=1", "from"),
        ("/v1/range?times=float", "times"),
        ("/v1/range?colour=red", "colour"),
        ("/v1/keys?limit=0", "limit"),
        ("/v1/keys?limit=10001", "limit"),
        ("/v1/keys?points=1", "points"),
        ("/v1/nodes?match=a", "match"),
        ("/v1/last?from=1", "from"),
        ("/v1/live?format=json", "format"),
        ("/v1/info?x", "x"),
        ("/healthz?x=1", "x"),
        ("/metrics?x=1", "x"),
    ] {
        check(&get(&server, target), 400, place);
    }
    check(&get(&server, &format!("/v1/last?{}", many.trim_end_matches('&'))), 400, "match");
    let quoted = get(&server, "/v1/range?from=%22%3C/script%3E%0A%00%F0%9F%A6%80").json();
    assert!(quoted["error"].as_str().is_some_and(|text| text.contains("\"</script>\n\0\u{1f980}")));
}

pub(super) fn paths(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    for path in [
        "/v1",
        "/v1/",
        "/v1/keys/",
        "/v2/keys",
        "//",
        "/%2e",
        "/index.html",
        "/v1/KEYS",
        "/V1/keys",
    ] {
        check(&get(&server, path), 404, "path");
    }
    for (method, path, allowed) in [
        ("POST", "/v1/keys", "GET, HEAD"),
        ("OPTIONS", "/v1/keys", "GET, HEAD"),
        ("DELETE", "/", "GET, HEAD"),
        ("GET", "/v1/put", "POST"),
        ("PUT", "/v1/put", "POST"),
        ("GET", "/v1/series", "DELETE"),
        ("BREW", "/v1/info", "GET, HEAD"),
    ] {
        let reply = ask(&server, method, path, &[]);
        check(&reply, 405, "method");
        assert_eq!(reply.header("allow"), Some(allowed), "{method} {path}");
    }
}

pub(super) fn budgets(setup: &Setup<'_>) {
    let server = setup.start(&["--allow-delete"]);
    let puts = (0..10_001).fold(String::new(), |mut puts, number| {
        writeln!(puts, "put k.{number} 1 1\nput k.{number} 1 5000000").expect("a string takes all");
        puts
    });
    assert_eq!(server.ask(&puts).len(), 20_002 * "ok\n\n".len());
    for target in ["/v1/range", "/v1/range?points=2", "/v1/live"] {
        check(&get(&server, target), 422, "query");
    }
    let reply = ask(&server, "DELETE", "/v1/series?match=**", &[]);
    check(&reply, 422, "query");
    assert!(reply.text().contains("in parts"), "{reply:?}");
    let last = get(&server, "/v1/last");
    assert!(last.is_whole && last.status == 200);
    let json = last.json();
    assert!(json["error"].as_str().is_some_and(|text| text.contains("10000 series")), "the end");
    assert_eq!(json["series"].as_array().map(Vec::len), Some(10_000));
    assert_eq!(failed(&server, "series"), 5, "each is counted");
    let cut = get(&server, "/v1/last?format=lines");
    assert!(!cut.is_whole && cut.status == 200, "lines end without the last chunk");
}

/// Returns the number of queries that failed for a cause.
fn failed(server: &Running, cause: &str) -> u64 {
    let told = get(server, "/metrics");
    let name = format!("metric_http_queries_failed_total{{cause=\"{cause}\"}} ");
    let count = told.text().lines().find_map(|line| line.strip_prefix(&name));
    let count: Value = serde_json::from_str(count.expect("a counter")).expect("a number");
    count.as_u64().expect("a count")
}
