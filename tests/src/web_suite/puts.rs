//! Checks `POST /v1/put`.

use std::io::Write;
use std::thread;

use serde_json::json;

use super::Setup;
use crate::http::{Http, post, request};

pub(super) fn forms(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    for (kind, body, refused) in [
        ("application/x-metric", "a 1 1\nb x 3\n\nput b 1\na 1 1 1 1\nput a 2 2\n", &[2, 4, 5][..]),
        ("text/csv", "value,key,timestamp\n3,a,3\n4,\"a\",2006-06-21T04:30:47Z\n,a,1\n", &[4]),
        (
            "application/json; charset=utf-8",
            "{\"key\":\"a\",\"value\":5,\"timestamp\":5}\n{}\n{\"key\":\"a\",\"value\":NaN}\n\
                {\"key\":\"a\",\"value\":6,\"timestamp\":6}",
            &[2, 3],
        ),
    ] {
        let reply = post(&server, kind, body);
        let json = reply.json();
        let lines: Vec<_> =
            json["errors"].as_array().expect("a list").iter().map(|one| &one["line"]).collect();
        assert_eq!(reply.status, 400, "{json}");
        assert_eq!(json["refused"], json!(refused.len()), "{json}");
        assert_eq!(
            lines,
            refused.iter().map(|line| json!(line)).collect::<Vec<_>>().iter().collect::<Vec<_>>()
        );
    }
    let expected = "ok\na 1.0 1\na 2.0 2\na 3.0 3\na 5.0 5\na 6.0 6\na 4.0 1150864247\n\n";
    assert_eq!(server.ask("get a\n"), expected, "what was right is stored");
    let many = post(&server, "application/x-metric", &"x\n".repeat(100)).json();
    assert_eq!(many["refused"], json!(100));
    assert_eq!(many["errors"].as_array().map(Vec::len), Some(20), "{many}");
    let all = post(&server, "text/csv", "key,value\nz,1\n");
    assert_eq!((all.status, all.json()), (200, json!({"stored": 1, "refused": 0, "errors": []})));
    let empty = post(&server, "text/csv", "");
    assert_eq!((empty.status, &empty.json()["stored"]), (200, &json!(0)));
}

pub(super) fn seen(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let body: String = (0..50_000).map(|time| format!("k 0.5 {time}\n")).collect();
    let reply = post(&server, "application/x-metric", &body);
    assert_eq!((reply.status, &reply.json()["stored"]), (200, &json!(50_000)));
    assert_eq!(server.ask("get k\n"), format!("ok\n{body}\n"));
    // So it is with the lines before a body that ends early.
    let mut http = Http::to(&server);
    let head = ["Content-Type: application/x-metric", "Content-Length: 100"];
    http.send(request("POST", "/v1/put", &head) + "early 1 1\nearly 1");
    http.end();
    assert_eq!(http.reply().status, 400);
    assert_eq!(server.ask("get early\n"), "ok\nearly 1.0 1\n\n");
}

pub(super) fn refused(setup: &Setup<'_>) {
    let server = setup.start(&["--max-series", "1"]);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        let reply = post(&server, kind, "a 1 1\n");
        assert_eq!((reply.status, &reply.json()["where"]), (415, &json!("content-type")), "{kind}");
    }
    let mut http = Http::to(&server);
    let head = ["Content-Type: text/csv", "Content-Encoding: gzip", "Content-Length: 0"];
    http.send(request("POST", "/v1/put", &head));
    assert_eq!(http.reply().status, 415);
    assert_eq!(server.ask("get *\n"), "ok\n\n", "nothing was stored");
    let full = post(&server, "application/x-metric", "a 1 1\nb 1 1\nc x 1\n");
    assert_eq!((full.status, &full.json()["refused"]), (503, &json!(2)), "the worst one counts");
    assert!(full.header("retry-after").is_some(), "{full:?}");
}

/// The client sends all before it reads, as most do.
pub(super) fn lingers(setup: &Setup<'_>) {
    const LENGTH: usize = 11 << 20;
    let server = setup.start(&[]);
    for head in [format!("Content-Length: {LENGTH}"), "Transfer-Encoding: chunked".to_owned()] {
        let mut http = Http::to(&server);
        let chunked = head.starts_with('T');
        http.send(request("POST", "/v1/put", &["Content-Type: application/x-metric", &head]));
        let mut sender = http.stream().try_clone().expect("a second handle");
        let talker = thread::spawn(move || {
            let line = [b'x'; 8192];
            for _ in 0..LENGTH / line.len() {
                let piece = if chunked {
                    [b"2000\r\n", &line[..], b"\r\n"].concat()
                } else {
                    line.to_vec()
                };
                if sender.write_all(&piece).is_err() {
                    return;
                }
            }
        });
        talker.join().expect("it sends");
        let reply = http.reply();
        assert_eq!(reply.status, 413, "{head}: {reply:?}");
        assert_eq!(reply.json()["where"], json!("body"));
        http.expect_end();
    }
}
