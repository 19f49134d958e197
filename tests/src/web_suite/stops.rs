//! Checks the stop of a server with HTTP connections.

use rustix::process::Signal;

use super::Setup;
use crate::http::{Http, get, request};

pub(super) fn in_reply(setup: &Setup<'_>) {
    const SAMPLES: usize = 300_000;
    let server = setup.start(&["--grace", "60"]);
    let puts: String = (0..SAMPLES).map(|time| format!("put series 0.1 {time}\n")).collect();
    assert_eq!(server.ask(&puts).len(), SAMPLES * "ok\n\n".len());
    let mut http = Http::over(server.connect_narrow());
    http.send(request("GET", "/v1/range?format=lines", &[]));
    assert_eq!(http.reply_to_head().status, 200);
    let mut body = http.chunk().expect("the reply has begun");
    server.signal(Signal::TERM);
    server.wait_for_log("stopping");
    loop {
        match http.chunk() {
            Some(chunk) if chunk.is_empty() => break,
            Some(chunk) => body.extend(chunk),
            None => panic!("the reply ends after {} bytes", body.len()),
        }
    }
    http.expect_end();
    assert_eq!(body.iter().filter(|&&byte| byte == b'\n').count(), SAMPLES);
    let outcome = server.running.wait();
    assert!(outcome.log.contains("no connection was cut"), "{}", outcome.log);
}

pub(super) fn idle(setup: &Setup<'_>) {
    let server = setup.start(&["--grace", "60"]);
    assert_eq!(get(&server, "/healthz").status, 200);
    let mut idle: Vec<Http> = (0..20).map(|_| Http::to(&server)).collect();
    for http in &mut idle {
        assert_eq!(http.ask("GET", "/healthz", &[]).status, 200);
    }
    let mut half = Http::to(&server);
    half.send("GET /heal");
    let mut head = Http::to(&server);
    head.send("GET /healthz HTTP/1.1\r\n");
    // The system resets connections that nobody has accepted.
    server.wait_for_counters("connections: 22 open");
    let outcome = server.running.stop();
    assert_eq!(outcome.status.code(), Some(0), "{}", outcome.log);
    assert!(outcome.log.contains("no connection was cut"), "{}", outcome.log);
    idle.iter_mut().for_each(Http::expect_end);
    half.expect_end();
}
