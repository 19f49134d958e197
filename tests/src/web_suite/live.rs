//! Checks `GET /v1/live`.

use serde_json::{Value, json};

use super::Setup;
use crate::http::{Http, request};

/// Reads an event. Returns its series.
fn next(http: &mut Http) -> Value {
    let chunk = http.chunk().expect("the stream goes on");
    let text = String::from_utf8(chunk).expect("text");
    // In its place there may be a comment, after a long silence.
    let data = text.strip_prefix("event: samples\ndata: ");
    let data = data.unwrap_or_else(|| panic!("{text:?} is no event"));
    let data = data.strip_suffix("\n\n").expect("a whole event");
    let json: Value = serde_json::from_str(data).expect("JSON");
    assert!(json["now"].is_u64() || json["now"].is_string(), "{json}");
    json["series"].clone()
}

fn begin(server: &crate::running::Running, target: &str) -> Http {
    let mut http = Http::to(server);
    http.send(request("GET", target, &[]));
    let head = http.reply_to_head();
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
    http
}

pub(super) fn events(setup: &Setup<'_>) {
    let server = setup.start(&["--allow-delete"]);
    let mut empty = begin(&server, "/v1/live?match=later.*");
    assert_eq!(next(&mut empty), json!([]), "the first event comes at once");
    let _ = server.ask("put a 1 1\nput a 2 2\nput b 1 1\n");
    let mut http = begin(&server, "/v1/live?match=a&times=text");
    assert_eq!(next(&mut http), json!([{"key": "a", "samples": [["2", 2.0]]}]));
    let _ = server.ask("put a 3 3\nput a 4 4\nput a 0 0\nput b 2 2\nput later.x 1 1\n");
    assert_eq!(next(&mut http), json!([{"key": "a", "samples": [["3", 3.0], ["4", 4.0]]}]));
    assert_eq!(next(&mut empty), json!([{"key": "later.x", "samples": [[1, 1.0]]}]));
    let _ = server.ask("put a 5 9223372036854775807\n");
    let last = json!([{"key": "a", "samples": [["9223372036854775807", 5.0]]}]);
    assert_eq!(next(&mut http), last);
    // A series that is removed and comes back begins anew.
    assert_eq!(crate::http::ask(&server, "DELETE", "/v1/series?key=later.x", &[]).status, 200);
    let _ = server.ask("put later.y 1 1\n");
    assert_eq!(next(&mut empty), json!([{"key": "later.y", "samples": [[1, 1.0]]}]));
    let _ = server.ask("put later.x 7 1\n");
    assert_eq!(next(&mut empty), json!([{"key": "later.x", "samples": [[1, 7.0]]}]));
}

pub(super) fn many(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let puts: String = (0..12_000).map(|number| format!("put k.{number} 1 1\n")).collect();
    assert_eq!(server.ask(&puts).len(), 12_000 * "ok\n\n".len());
    let mut http = begin(&server, "/v1/live?match=**.late");
    assert_eq!(next(&mut http), json!([]));
    for (key, time) in [("a.late", 1), ("z.late", 1), ("k.late", 1), ("z.late", 2), ("a.late", 2)] {
        let _ = server.ask(&format!("put {key} 1 {time}\n"));
        assert_eq!(next(&mut http), json!([{"key": key, "samples": [[time, 1.0]]}]));
    }
}

pub(super) fn stop(setup: &Setup<'_>) {
    let server = setup.start(&["--grace", "60"]);
    let mut streams: Vec<Http> = (0..3).map(|_| begin(&server, "/v1/live")).collect();
    for http in &mut streams {
        assert_eq!(next(http), json!([]));
    }
    let outcome = server.running.stop();
    assert_eq!(outcome.status.code(), Some(0), "{}", outcome.log);
    assert!(outcome.log.contains("no connection was cut"), "{}", outcome.log);
    for http in &mut streams {
        assert_eq!(http.chunk(), Some(Vec::new()), "the last chunk comes");
        http.expect_end();
    }
}
