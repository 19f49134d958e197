//! What each request is answered with.

use std::path::Path;

use super::wire::{KIND, post, post_block, read, read_request, stream, write_request};
use crate::http::{Http, ask, get};
use crate::running::Running;

pub(super) fn check(program: &Path) {
    writes(program);
    full(program);
    reads(program);
    browses(program);
}

fn named(name: &str) -> [(&str, &str); 1] {
    [("__name__", name)]
}

/// What was put tells the status of a write.
fn writes(program: &Path) {
    let server = Running::start(program, &["--time-unit", "ms"]);
    let mut http = Http::to(&server);
    let long = "x".repeat(300);
    let good = (&named("up")[..], 1.5, 7);
    let stale = f64::from_bits(0x7ff0_0000_0000_0002);
    let cases: [(&[_], u16); 8] = [
        (&[], 204),
        (&[good], 204),
        (&[good, (&named(&long), 1.0, 8)], 204),
        (&[(&named("up"), stale, 9)], 204),
        (&[(&named("up"), f64::NAN, 9)], 204),
        (&[(&named("up"), f64::INFINITY, 9)], 400),
        (&[(&named(&long), 1.0, 9)], 400),
        (&[(&[("job", "j")], 1.0, 9)], 400),
    ];
    for (series, status) in cases {
        let reply = post(&mut http, "/api/v1/write", &write_request(series), KIND);
        assert_eq!(reply.status, status, "{series:?}");
        if status == 400 {
            assert_eq!(reply.json()["errorType"], "bad_data");
        }
    }
    assert_eq!(server.ask("get *\n"), "ok\nup 1.5 7\n\n");
    for cause in ["labeldrop", "is infinite", "has no name"] {
        server.wait_for_log(cause);
    }

    let message = write_request(&[good]);
    let second = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
    let first = "application/x-protobuf;proto=prometheus.WriteRequest";
    for (kind, status) in [(second, 415), (first, 204), ("text/plain", 415), ("", 415)] {
        // A connection ends if its request is refused before its body has come.
        let reply = post(&mut Http::to(&server), "/api/v1/write", &message, kind);
        assert_eq!(reply.status, status, "{kind}");
    }
    for block in [&b"\xff\xff\xff\xff\x0f"[..], b"\x80\x80\x80\x10abc", b"abc", b"\x05\x10hello"] {
        let reply = post_block(&mut http, "/api/v1/write", block, KIND);
        assert!(matches!(reply.status, 400 | 413), "{block:?}: {}", reply.status);
    }
    assert_eq!(post(&mut http, "/api/v1/write", b"\x0a\x09", KIND).status, 400);
    assert_eq!(ask(&server, "GET", "/api/v1/write", &[]).status, 405);
    let metrics = get(&server, "/metrics");
    for line in [
        "metric_remote_write_samples_total{outcome=\"stored\"} 3\n",
        "metric_remote_write_samples_total{outcome=\"stale_marker\"} 1\n",
        "metric_remote_write_samples_total{outcome=\"infinite\"} 1\n",
        "metric_remote_write_samples_total{outcome=\"key_too_long\"} 2\n",
        "metric_remote_write_refused_bodies_total{cause=\"version_2\"} 1\n",
        "metric_remote_write_refused_bodies_total{cause=\"other_kind\"} 2\n",
    ] {
        assert!(metrics.text().contains(line), "{line}{}", metrics.text());
    }
}

/// A store without room is told to the sender, which would drop what it is not told to repeat.
fn full(program: &Path) {
    let server = Running::start(program, &["--max-series", "1"]);
    let mut http = Http::to(&server);
    let (old, new) = (named("old"), named("new"));
    for (series, status) in [
        (&[(&old[..], 1.0, 1_999)][..], 204),
        (&[(&old, 2.0, 2_000), (&new, 1.0, 2_000)], 503),
        (&[(&new, 1.0, 3_000)], 503),
    ] {
        let reply = post(&mut http, "/api/v1/write", &write_request(series), KIND);
        assert_eq!(reply.status, status, "{series:?}");
        assert_eq!(reply.header("retry-after").is_some(), status == 503);
    }
    assert_eq!(server.ask("get *\n"), "ok\nold 1.0 1\nold 2.0 2\n\n");
}

fn reads(program: &Path) {
    let server = Running::start(program, &[]);
    let _ = server.ask("put up;job=a 1.5 -7\nput up;job=a -0.0 8\nput b;a 3 8\n");
    let mut http = Http::to(&server);
    let all = read(&mut http, ".*", (-7_999, 8_000));
    let labels: Vec<Vec<_>> =
        all.keys().map(|labels| labels.values().map(String::as_str).collect()).collect();
    assert_eq!(labels, [vec!["b;a"], vec!["up", "a"]]);
    let samples: Vec<_> =
        all.values().flatten().map(|(time, bits)| (*time, f64::from_bits(*bits))).collect();
    assert_eq!(samples, [(8_000, 3.0), (-7_000, 1.5), (8_000, -0.0)]);
    assert!(read(&mut http, "up", (-6_999, 7_999)).is_empty());
    assert_eq!(stream(&mut http, "up", (-7_000, 7_999)).len(), 1);
    for (message, status) in [
        (read_request("(", (0, 1), &[]), 400),
        (read_request("up", (0, 1), &[7]), 400),
        (b"\x0a\x09".to_vec(), 400),
        (Vec::new(), 200),
    ] {
        assert_eq!(post(&mut http, "/api/v1/read", &message, KIND).status, status);
    }
}

fn browses(program: &Path) {
    let server = Running::start(program, &["--time-unit", "ms"]);
    let _ = server.ask(
        "put up;instance=a;job=j 1 1000\nput up;instance=b;job=j 1 9000\nput a.b;c.d=%3B 1 5000\n",
    );
    for (target, data) in [
        ("/api/v1/labels", "[\"__name__\",\"c.d\",\"instance\",\"job\"]"),
        ("/api/v1/labels?match[]=up&limit=2", "[\"__name__\",\"instance\"]"),
        ("/api/v1/label/instance/values", "[\"a\",\"b\"]"),
        ("/api/v1/label/instance/values?start=2", "[\"b\"]"),
        ("/api/v1/label/instance/values?end=1970-01-01T00:00:02Z", "[\"a\"]"),
        ("/api/v1/label/__name__/values?match[]=%7Bjob%3D%22j%22%7D&match[]=up", "[\"up\"]"),
        ("/api/v1/label/U__c_2e_d/values", "[\";\"]"),
        ("/api/v1/label/c%2Ed/values", "[\";\"]"),
        (
            "/api/v1/series?match[]=up%7Binstance!~%22b%22%7D",
            "[{\"__name__\":\"up\",\"instance\":\"a\",\"job\":\"j\"}]",
        ),
        (
            "/api/v1/series?match[]=up&limit=1&start=0&end=10",
            "[{\"__name__\":\"up\",\"instance\":\"a\",\"job\":\"j\"}]",
        ),
        ("/api/v1/metadata?limit=1", "{}"),
    ] {
        let expected = format!("{{\"status\":\"success\",\"data\":{data}}}\n");
        assert_eq!(get(&server, target).text(), expected, "{target}");
    }
    assert_eq!(get(&server, "/api/v1/status/buildinfo").json()["data"]["version"], "2.42.0");
    for (target, advice) in [
        ("/api/v1/query?query=up", "no PromQL here"),
        ("/api/v1/push", "POST /api/v1/write"),
        ("/write", "POST /api/v1/write"),
        ("/api/v1/rules", "/api/v1 has write, read"),
    ] {
        let reply = get(&server, target);
        assert_eq!((reply.status, &reply.json()["errorType"]), (404, &"not_found".into()));
        assert!(reply.json()["error"].as_str().is_some_and(|text| text.contains(advice)));
    }
    let wrong = ask(&server, "DELETE", "/api/v1/labels", &[]);
    assert_eq!((wrong.status, &wrong.json()["status"]), (405, &"error".into()));
    server.wait_for_log("status 404, ");
    server.wait_for_log("such as GET /api/v1/query: there is no /api/v1/query");
    for target in [
        "/api/v1/series",
        "/api/v1/labels?match[]=%7B%7D",
        "/api/v1/labels?start=x",
        "/federate?match[]=(",
    ] {
        let reply = get(&server, target);
        assert_eq!((reply.status, &reply.json()["status"]), (400, &"error".into()), "{target}");
    }
    federates(&server);
}

/// Only series that go on are federated.
fn federates(server: &Running) {
    let now = get(server, "/v1/info").json()["now"].as_i64().expect("a time");
    let later = now + 1_000_000_000;
    let _ = server.ask(&format!("put a.b;c.d=%3B 1.5 {now}\nput a.b;c.d=%3B 9 {later}\n"));
    let target = "/federate?match[]=up&match[]=%7B%22a.b%22%7D";
    for (accept, line) in [
        ("*/*", "a_b{c_d=\";\",instance=\"\"}"),
        ("text/plain;version=1.0.0;escaping=allow-utf-8", "{\"a.b\",\"c.d\"=\";\",instance=\"\"}"),
    ] {
        let reply = ask(server, "GET", target, &[&format!("Accept: {accept}")]);
        assert_eq!(reply.text(), format!("{line} 1.5 {now}\n"));
    }
    assert_eq!(get(server, "/federate").text(), "");
}
