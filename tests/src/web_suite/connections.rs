//! Checks how connections go on and end.

use std::thread;

use super::{SAMPLES, Setup};
use crate::http::{Http, request};

pub(super) fn old(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let _ = server.ask(SAMPLES);
    let mut http = Http::to(&server);
    for _ in 0..3 {
        http.send("GET /v1/last HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        let reply = http.reply();
        assert_eq!((reply.status, reply.header("connection")), (200, Some("keep-alive")));
    }
    http.send("GET /v1/last HTTP/1.0\r\n\r\n");
    let reply = http.reply();
    assert_eq!((reply.status, reply.header("transfer-encoding")), (200, None));
    http.expect_end();
    let mut http = Http::to(&server);
    let reply = http.ask("GET", "/v1/last", &["Connection: close"]);
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
    http.expect_end();
    // A long reply ends with the connection.
    let puts: String = (0..50_000).map(|time| format!("put k 1 {time}\n")).collect();
    let _ = server.ask(&puts);
    let mut http = Http::to(&server);
    http.send("GET /v1/range?key=k&format=lines HTTP/1.0\r\n\r\n");
    let head = http.reply_to_head();
    assert_eq!((head.header("content-length"), head.header("transfer-encoding")), (None, None));
    assert_eq!(http.rest().lines().count(), 50_000);
}

pub(super) fn pipelined(setup: &Setup<'_>) {
    const COUNT: usize = 1_000;
    let server = setup.start(&[]);
    let _ = server.ask(SAMPLES);
    let mut http = Http::to(&server);
    let all: String = (0..COUNT)
        .map(|number| match number % 4 {
            0 => request("GET", &format!("/none/{number}"), &[]),
            1 => request("HEAD", "/v1/range", &[]),
            2 => {
                let body = format!("p 1 {number}\n");
                let length = format!("Content-Length: {}", body.len());
                request("POST", "/v1/put", &["Content-Type: application/x-metric", &length]) + &body
            }
            _ => request("GET", "/v1/last?key=p", &[]),
        })
        .collect();
    let mut sender = Http::over(http.stream().try_clone().expect("a second handle"));
    let talker = thread::spawn(move || sender.send(all));
    for number in 0..COUNT {
        match number % 4 {
            0 => assert!(http.reply().text().contains(&format!("/none/{number}\""))),
            1 => assert_eq!(http.reply_to_head().status, 200),
            2 => assert_eq!(http.reply().status, 200),
            _ => {
                let newest = http.reply().json()["series"][0]["last"][0].as_u64();
                assert_eq!(newest, Some(number as u64 - 1), "the put before is seen");
            }
        }
    }
    talker.join().expect("it sends");
}

pub(super) fn half_closed(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let puts: String = (0..50_000).map(|time| format!("put k 1 {time}\n")).collect();
    let _ = server.ask(&puts);
    for (target, lines) in [("/healthz", 1), ("/v1/range?format=lines", 50_000)] {
        let mut http = Http::to(&server);
        http.send(request("GET", target, &[]));
        http.end();
        let reply = http.reply();
        assert!(reply.is_whole && reply.text().lines().count() == lines, "{target}");
        http.expect_end();
    }
    let mut http = Http::to(&server);
    http.send("GET /healthz HTTP/1.1\r\nHost: local");
    http.end();
    http.expect_end();
    server.wait_for_counters("connections: 0 open");
}

pub(super) fn continued(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let head = |kind, length: usize| {
        let kind = format!("Content-Type: {kind}");
        let length = format!("Content-Length: {length}");
        request("POST", "/v1/put", &[&kind, &length, "Expect: 100-continue"])
    };
    let mut http = Http::to(&server);
    http.send(head("application/x-metric", 6));
    assert_eq!(http.reply_to_head().status, 100);
    http.send("a 1 1\n");
    assert_eq!(http.reply().status, 200);
    for (kind, length, status) in [("text/plain", 6, 415), ("application/x-metric", 11 << 20, 413)]
    {
        let mut http = Http::to(&server);
        http.send(head(kind, length));
        assert_eq!(http.reply().status, status, "before the body");
    }
}

pub(super) fn deaf(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let puts: String = (0..200_000).map(|time| format!("put k 1 {time}\n")).collect();
    let _ = server.ask(&puts);
    let deaf = |_| {
        let mut http = Http::over(server.connect_narrow());
        http.send(request("GET", "/v1/range", &[]).repeat(3));
        http
    };
    let deaf: Vec<Http> = (0..8).map(deaf).collect();
    for _ in 0..20 {
        let reply = Http::to(&server).ask("GET", "/v1/range?newest=1", &[]);
        assert_eq!(reply.status, 200);
    }
    drop(deaf);
}
