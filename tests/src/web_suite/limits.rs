//! Checks the bounds on heads, time and connections.

use std::net::TcpStream;

use super::Setup;
use crate::http::{Http, get, request};

pub(super) fn heads(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let target = |length: usize| format!("/{}", "a".repeat(length - 1));
    for (length, status) in [(8_191, 404), (8_192, 404), (8_193, 414), (12_000, 414)] {
        assert_eq!(get(&server, &target(length)).status, status, "a target of {length} bytes");
    }
    let headers =
        |count: usize| -> Vec<_> { (1..count).map(|number| format!("X-{number}: y")).collect() };
    for (count, status) in [(63, 200), (64, 200), (65, 431), (1_000, 431)] {
        let headers = headers(count);
        let headers: Vec<_> = headers.iter().map(String::as_str).collect();
        let mut http = Http::to(&server);
        assert_eq!(http.ask("GET", "/healthz", &headers).status, status, "{count} headers");
        if status == 431 {
            http.expect_end();
        }
    }
    let empty = request("GET", "/healthz", &["X: "]).len();
    for (length, status) in
        [(8_000, 200), (15_000, 200), (17_000, 431), (100_000, 431), (10 << 20, 431)]
    {
        let header = format!("X: {}", "x".repeat(length - empty));
        let mut http = Http::to(&server);
        // It may be refused, and closed, before it is sent.
        http.try_send(request("GET", "/healthz", &[&header]));
        assert_eq!(http.reply().status, status, "a head of {length} bytes");
    }
}

/// The deadlines themselves are tested without waiting, beside them.
pub(super) fn slow(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let put = request("POST", "/v1/put", &["Content-Type: text/csv", "Content-Length: 9"]);
    let began =
        ["GET /healthz HTT", "GET /healthz HTTP/1.1\r\nHost: lo", &put, &format!("{put}key,")];
    let slow: Vec<Http> = began
        .iter()
        .map(|began| {
            let mut http = Http::to(&server);
            http.send(began);
            http
        })
        .collect();
    for (mut http, began) in slow.into_iter().zip(began) {
        let rest = http.rest();
        assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 4"), "{began:?}: {rest:?}");
    }
    server.wait_for_counters("connections: 0 open");
}

pub(super) fn places(setup: &Setup<'_>) {
    let server = setup.start(&["--http-connections", "2"]);
    let mut kept: Vec<Http> = (0..2).map(|_| Http::to(&server)).collect();
    for http in &mut kept {
        assert_eq!(http.ask("GET", "/healthz", &[]).status, 200);
    }
    let mut third = Http::to(&server);
    let reply = third.ask("GET", "/healthz", &[]);
    assert_eq!((reply.status, &reply.json()["where"]), (503, &"connection".into()));
    assert!(reply.header("retry-after").is_some(), "{reply:?}");
    third.expect_end();
    for http in &mut kept {
        assert_eq!(http.ask("GET", "/healthz", &[]).status, 200, "who has a place keeps it");
    }
    drop(kept);
    server.wait_for_counters("connections: 0 open");
    // Pages of other sites, and such that never finish a request, may be more than there are places.
    for _ in 0..10 {
        let mut foreign = Http::to(&server);
        assert_eq!(foreign.ask("GET", "/v1/keys", &["Origin: http://evil.example"]).status, 403);
        foreign.expect_end();
    }
    let mut kept: Vec<Http> = (0..2).map(|_| Http::to(&server)).collect();
    for http in &mut kept {
        assert_eq!(http.ask("GET", "/healthz", &[]).status, 200, "the places are free");
    }
    let halves: Vec<Http> = (0..2)
        .map(|_| {
            let mut half = Http::to(&server);
            half.send("GET / HTTP/1.1\r\n");
            half
        })
        .collect();
    server.wait_for_counters("connections: 4 open");
    let mut more = Http::to(&server);
    more.send("GET / HTTP/1.1\r\n");
    assert_eq!(more.reply().status, 503, "so are the places of newcomers");
    drop(halves);
}

pub(super) fn apart(setup: &Setup<'_>) {
    let server = setup.start(&["--max-connections", "2", "--http-connections", "3"]);
    let mut pages: Vec<Http> = (0..3).map(|_| Http::to(&server)).collect();
    for page in &mut pages {
        assert_eq!(page.ask("GET", "/healthz", &[]).status, 200);
    }
    let natives: Vec<TcpStream> = (0..2).map(|_| server.connect()).collect();
    server.wait_for_counters("connections: 5 open");
    for page in &mut pages {
        assert_eq!(page.ask("GET", "/healthz", &[]).status, 200);
    }
    drop((natives, pages));
    assert_eq!(server.ask("put a 1 1\n"), "ok\n\n");
}
