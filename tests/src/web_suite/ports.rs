//! Checks how HTTP and the native protocol share a port.

use std::thread;

use super::{SAMPLES, Setup};
use crate::http::{Http, get, request};
use crate::running::Running;

pub(super) fn cut(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let _ = server.ask(SAMPLES);
    let sent = request("GET", "/v1/last?key=palm.cpu", &[]);
    for size in [1, 2, 3, 10, 30, sent.len()] {
        let mut http = Http::to(&server);
        for piece in sent.as_bytes().chunks(size) {
            http.send(piece);
            // So that each piece is read for itself.
            thread::sleep(std::time::Duration::from_millis(1));
        }
        assert_eq!(http.reply().status, 200, "in pieces of {size}");
        assert_eq!(http.ask("GET", "/healthz", &[]).status, 200, "the connection goes on");
    }
    // What only looks like HTTP is the native protocol, with the bytes behind it.
    for line in ["GET /", "GET palm.cpu", "GET / HTTP/2.0", "G", "get palm.cpu HTTP/1.1"] {
        let wrong = "error\nwrong command\n\n";
        for place in 0..line.len() {
            let mut stream = server.connect();
            let (front, back) = line.split_at(place);
            std::io::Write::write_all(&mut stream, front.as_bytes()).expect("the server reads");
            thread::sleep(std::time::Duration::from_millis(1));
            let rest = format!("{back}\nget palm.disk.a\n");
            std::io::Write::write_all(&mut stream, rest.as_bytes()).expect("the server reads");
            stream.shutdown(std::net::Shutdown::Write).expect("the server is there");
            let told = std::io::read_to_string(stream).expect("replies");
            assert_eq!(told, format!("{wrong}ok\npalm.disk.a 1.0 1150864247\n\n"), "{line}");
        }
    }
}

pub(super) fn both(setup: &Setup<'_>) {
    let server = setup.start(&["--threads", "2"]);
    thread::scope(|scope| {
        for number in 0..16 {
            let server = &server;
            scope.spawn(move || {
                for time in 0..50 {
                    if number % 2 == 0 {
                        let line = format!("put native.{number} 1 {time}\n");
                        assert_eq!(server.ask(&line), "ok\n\n");
                    } else {
                        let mut http = Http::to(server);
                        let reply = http.ask("GET", "/v1/range?match=native.**", &[]);
                        assert!(reply.is_whole && reply.json()["series"].is_array());
                        assert_eq!(http.ask("GET", "/healthz", &[]).text(), "ok\n");
                    }
                }
            });
        }
    });
    let info = get(&server, "/v1/info").json();
    assert_eq!(info["samples"], 400);
    assert_eq!(info["native"], true);
    server.wait_for_counters("connections: 0 open");
}

/// Whether the port of the native protocol answers HTTP as the native protocol does.
fn is_native_alone(server: &Running) -> bool {
    let wrong = "error\nwrong command\n\n";
    server.ask("GET / HTTP/1.1\nHost: localhost\nput a 1 1\n") == wrong.repeat(3)
}

pub(super) fn off(setup: &Setup<'_>) {
    let server = setup.start(&["--http", "off"]);
    assert!(is_native_alone(&server));
    let outcome = server.running.stop();
    assert_eq!(outcome.stdout, "", "no page is told");
}

pub(super) fn own(setup: &Setup<'_>) {
    let options = ["--http", "127.0.0.1:0", "--max-connections", "1", "--http-connections", "1"];
    let server = setup.start(&options);
    assert!(is_native_alone(&server));
    let page = server.page();
    assert_ne!(page, server.address());
    let connect = || {
        let stream = std::net::TcpStream::connect(page).expect("it listens");
        let patience = std::time::Duration::from_secs(60);
        stream.set_read_timeout(Some(patience)).expect("a patience that is not zero");
        Http::over(stream)
    };
    assert_eq!(connect().ask("GET", "/v1/info", &[]).json()["native"], false);
    let mut http = connect();
    http.send("put a 1 1\n\n");
    assert_eq!(http.reply().status, 400, "the native protocol is not here");
    assert_eq!(server.ask("get *\n"), "ok\n\n");
    drop(http);
    // Each port has its own bound.
    let native = server.connect();
    server.wait_for_counters("connections: 1 open");
    let mut http = connect();
    assert_eq!(http.ask("GET", "/healthz", &[]).text(), "ok\n");
    assert_eq!(connect().ask("GET", "/healthz", &[]).status, 503);
    drop(native);
    assert_eq!(server.ask("get *\n"), "ok\n\n");
}
