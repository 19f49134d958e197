//! Checks what replies look like: formats, gzip, HEAD, tags.

use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::json;

use super::{SAMPLES, Setup};
use crate::http::{Http, Reply, ask, get};

const JSON: &str = "application/json";
const CSV: &str = "text/csv; charset=utf-8; header=present";
const LINES: &str = "application/x-metric";

pub(super) fn accept(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let _ = server.ask(SAMPLES);
    for (accept, format, kind) in [
        ("application/json", "", JSON),
        ("text/csv", "", CSV),
        ("application/x-metric", "", LINES),
        ("TEXT/CSV", "", CSV),
        ("*/*", "", JSON),
        ("text/*", "", CSV),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "", JSON),
        ("text/csv, application/json", "", CSV),
        ("application/json;q=0.5, text/csv;q=0.9", "", CSV),
        ("application/json;q=0, */*", "", CSV),
        ("text/csv;q=0, application/x-metric;q=0.1", "", LINES),
        ("image/png", "", JSON),
        ("text/csv", "?format=json", JSON),
        ("application/json", "?format=lines", LINES),
    ] {
        let reply =
            ask(&server, "GET", &format!("/v1/range{format}"), &[&format!("Accept: {accept}")]);
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(kind)), "{accept}");
    }
}

fn unpacked(reply: &Reply) -> Vec<u8> {
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    let mut unpacked = Vec::new();
    GzDecoder::new(&reply.body[..]).read_to_end(&mut unpacked).expect("gzip to its end");
    unpacked
}

pub(super) fn gzip(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let puts: String = (0..100_000).map(|time| format!("put k {}.5 {time}\n", time % 99)).collect();
    assert_eq!(server.ask(&puts).len(), 100_000 * "ok\n\n".len());
    for target in ["/v1/range", "/v1/range?format=lines", "/v1/range?newest=100", "/"] {
        let plain = get(&server, target);
        assert_eq!(plain.header("content-encoding"), None, "{target}");
        let packed = ask(&server, "GET", target, &["Accept-Encoding: gzip, br"]);
        assert!(packed.is_whole && unpacked(&packed) == plain.body, "{target}");
        assert!(packed.header("vary").is_some_and(|vary| vary.contains("accept-encoding")));
        for none in ["identity", "br", "gzip;q=0", "gzip;q=0, *", "GZIP;q=0.000"] {
            let reply = ask(&server, "GET", target, &[&format!("Accept-Encoding: {none}")]);
            assert_eq!(reply.header("content-encoding"), None, "{target} for {none}");
        }
    }
}

/// HEAD has the head of GET, but for what is not known before the body: its length.
pub(super) fn head(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let _ = server.ask(SAMPLES);
    let mut http = Http::to(&server);
    for gzip in ["identity", "gzip"] {
        for target in [
            "/",
            "/healthz",
            "/metrics",
            "/v1/info",
            "/v1/keys",
            "/v1/nodes",
            "/v1/last",
            "/v1/range",
            "/v1/range?format=csv",
            "/v1/range?points=5",
            "/v1/range?from=x",
            "/none",
        ] {
            let accept = format!("Accept-Encoding: {gzip}");
            let head = http.ask("HEAD", target, &[&accept]);
            let get = http.ask("GET", target, &[&accept]);
            assert_eq!(head.status, get.status, "{target}");
            for name in
                ["content-type", "content-encoding", "etag", "allow", "vary", "cache-control"]
            {
                assert_eq!(head.header(name), get.header(name), "{name} of {target}, {gzip}");
            }
            let length = head.header("content-length");
            assert!(
                length.is_none() || length == get.header("content-length"),
                "{target}: {length:?}"
            );
        }
    }
    let live = http.ask("HEAD", "/v1/live", &[]);
    assert_eq!(live.header("content-type"), Some("text/event-stream"));
    assert_eq!(http.ask("GET", "/healthz", &[]).text(), "ok\n");
}

pub(super) fn tag(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let mut http = Http::to(&server);
    let page = http.ask("GET", "/", &[]);
    assert!(page.text().starts_with("<!doctype html>"), "{page:?}");
    let tag = page.header("etag").expect("a tag").to_owned();
    for (known, status) in [
        (tag.clone(), 304),
        (format!("W/{tag}"), 304),
        (format!("\"other\", {tag}"), 304),
        ("*".to_owned(), 304),
        ("\"other\"".to_owned(), 200),
        (tag.trim_matches('"').to_owned(), 200),
    ] {
        let reply = http.ask("GET", "/", &[&format!("If-None-Match: {known}")]);
        assert_eq!((reply.status, reply.header("etag")), (status, Some(&*tag)), "{known}");
        assert_eq!(reply.body.is_empty(), status == 304);
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-resource-policy", "same-origin"),
        ("access-control-allow-origin", ""),
    ] {
        assert_eq!(page.header(name).unwrap_or_default(), value, "{name}");
    }
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("default-src 'none'"), "{policy}");
}

pub(super) fn server(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let _ = server.ask(SAMPLES);
    assert_eq!(get(&server, "/none").status, 404);
    for path in ["/healthz", "/readyz"] {
        let reply = get(&server, path);
        assert_eq!((reply.status, reply.text()), (200, "ok\n"));
    }
    let told = get(&server, "/metrics");
    let text = told.text();
    for line in [
        "metric_series 2",
        "metric_samples 3",
        "metric_http_requests_refused_total{status=\"404\"} 1",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} in {text}");
    }
    let mut names = Vec::new();
    for line in text.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["#", "HELP", _, _, ..] => {}
            ["#", "TYPE", name, "counter" | "gauge"] => names.push(name),
            [series, value] => {
                let name = series.split('{').next();
                assert_eq!(name, names.last().copied(), "{line} stands below its type");
                assert!(value.parse::<f64>().is_ok(), "{line}");
            }
            _ => panic!("{line:?} is not of the format"),
        }
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "each name is there once");
    assert_eq!(
        get(&server, "/v1/info").json()["name"].as_str().map(|name| name.len() > 6),
        Some(true)
    );
    assert_eq!(get(&server, "/v1/info").json()["delete"], json!(false));
}

pub(super) fn own_counters(setup: &Setup<'_>) {
    let server = setup.start(&["--self-metrics"]);
    let _ = server.ask(SAMPLES);
    let metrics = || get(&server, "/v1/last?match=metric.*&format=lines").text().to_owned();
    // They are stored within seconds of the start.
    let wait = |_| std::thread::sleep(std::time::Duration::from_millis(10));
    let told = (0..3_000).map(wait).map(|()| metrics()).find(|told| !told.is_empty());
    let told = told.expect("the server stores its counters");
    let names: Vec<_> = told.lines().filter_map(|line| line.split(' ').next()).collect();
    for name in ["uptime", "open", "requests", "series", "samples"] {
        assert!(names.contains(&&*format!("metric.{name}")), "{name} in {told}");
    }
    let other = setup.start(&[]);
    assert_eq!(other.ask("get *\n"), "ok\n\n", "only if they are asked for");
}
