//! Servers whose HTTP is broken, is another program's, or ends in the middle.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use crate::setup::{Server, foreign, silent};

const INFO: &str = r#"{"name": "x", "version": "1", "unit": "s", "new": 1}"#;

/// The replies to a range: a head and a body in chunks.
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// A reply with a length.
fn reply(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// A server that has the API. It answers requests for series of `k*` with `ranges`, one after the
/// other, and then closes. Over the native protocol it has a sample.
fn server(ranges: &'static [&'static str]) -> Server {
    Server::strange(move |peer| {
        let mut ranges = ranges.iter();
        while let Some(line) = request(peer) {
            let answer = match line {
                line if line == "get j\n" => "ok\n\n".to_owned(),
                line if line.starts_with("get ") => "ok\nk 1.0 2\n\n".to_owned(),
                line if line.starts_with("GET /v1/info ") => reply("200 OK", INFO),
                line if line.contains("limit=1 ") => {
                    reply("200 OK", r#"{"series": [], "next": null}"#)
                }
                _ => match ranges.next() {
                    Some(answer) => (*answer).to_owned(),
                    None => return,
                },
            };
            let _ = peer.get_mut().write_all(answer.as_bytes());
        }
    })
}

/// Reads the first line of a request, and of one over HTTP the rest of its head.
fn request(peer: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let is_end = |read: std::io::Result<usize>| !matches!(read, Ok(1..));
    if is_end(peer.read_line(&mut line)) {
        return None;
    }
    let mut header = line.clone();
    while line.contains(" HTTP/1.1") && header != "\r\n" {
        header.clear();
        if is_end(peer.read_line(&mut header)) {
            return None;
        }
    }
    Some(line)
}

#[test]
fn a_reply_that_ends_in_the_middle_is_a_failure() {
    for reply in [
        "",
        "HTTP/1.1 200 OK\r\n",
        CHUNKED,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nk 1.0 2\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nk 1.0 2\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nk 1.0 2\n\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nk 1.0 2\n",
    ] {
        let ranges: &'static [&'static str] = Vec::leak(vec![reply]);
        let ended = server(ranges).run(&["get", "k*", "--timeout", "0.5"]);
        ended.assert_failed(1, "the server");
        assert!(ended.stdout.is_empty() || ended.stdout == "k 1.0 2\n");
    }
}

#[test]
fn a_reply_that_is_no_http_or_has_no_samples_is_a_failure() {
    for reply in [
        "error\nwrong command\n\n",
        "HTTP/1.1 200 OK\r\n\r\nk 1.0 2\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nk nan ",
    ] {
        let ranges: &'static [&'static str] = Vec::leak(vec![reply]);
        server(ranges).run(&["get", "k*", "--timeout", "0.5"]).assert_failed(1, "");
    }
    let ranges: &'static [&'static str] = Vec::leak(vec![
        "HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n{\"series\": [], \"error\": \"no\"}",
    ]);
    server(ranges).run(&["keys"]).assert_failed(1, "");
}

#[test]
fn a_refused_query_is_read_over_the_native_protocol() {
    for refusal in [
        "HTTP/1.1 422 Unprocessable Entity\r\nContent-Length: 30\r\n\r\n{\"error\": \"it is over budget\"}",
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy",
    ] {
        let ranges: &'static [&'static str] = Vec::leak(vec![refusal]);
        server(ranges).run(&["get", "k*", "--last", "2"]).assert_done("k 1.0 2\n");
    }
}

#[test]
fn after_a_refused_query_the_native_protocol_does_not_repeat_what_was_shown() {
    const SAMPLE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nk 1.0 2\n";
    const REFUSAL: &str = "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy";
    server(&[SAMPLE, REFUSAL]).run(&["get", "k", "j", "--since", "0"]).assert_done("k 1.0 2\n");
}

#[test]
fn a_server_that_does_not_know_http_is_read_as_before() {
    let native = |unknown: fn(&mut BufReader<TcpStream>)| {
        Server::strange(move |peer| {
            while let Some(line) = request(peer) {
                if !line.starts_with("get ") {
                    return unknown(peer);
                }
                let _ = peer.get_mut().write_all(b"ok\nk 1.0 2\n\n");
            }
        })
    };
    let close: fn(&mut BufReader<TcpStream>) = |_| ();
    let ok: fn(&mut BufReader<TcpStream>) = |peer| {
        let _ = peer.get_mut().write_all(b"ok\n\n");
        silent(peer);
    };
    native(ok).run(&["get", "k*", "--timeout", "0.5"]).assert_done("k 1.0 2\n");
    // These may be anything, so it is the user who knows their unit.
    for server in [silent, close, foreign].map(native) {
        assert_eq!(server.run(&["get", "k*", "--timeout", "0.5"]).code, Some(1));
        let get = ["get", "k*", "--timeout", "0.5", "--unit", "s"];
        server.run(&get).assert_done("k 1.0 2\n");
    }
}

#[test]
fn what_was_removed_before_a_failure_is_told() {
    let server = Server::strange(|peer| {
        for body in [INFO, r#"{"removed": 1}"#, r#"{"removed": 2}"#] {
            request(peer);
            let _ = peer.get_mut().write_all(reply("200 OK", body).as_bytes());
        }
    });
    let told = "the server has ended the connection; series removed: 3";
    server.run(&["rm", "a", "b", "c"]).assert_failed(1, told);
}

/// The protocol has one error for all reasons, so the other door is asked for this one.
#[test]
fn a_server_in_trouble_says_what_it_is() {
    let info = r#"{"name": "x", "version": "1", "unit": "s", "trouble": "its disk is full"}"#;
    let server = Server::strange(move |peer| {
        while let Some(line) = request(peer) {
            let answer = match line {
                line if line.starts_with("GET /v1/info ") => reply("200 OK", info),
                line if line.starts_with("GET ") => reply("503 Service Unavailable", "{}"),
                _ => "error\nwrong command\n\n".to_owned(),
            };
            let _ = peer.get_mut().write_all(answer.as_bytes());
        }
    });
    let says = "the server says: its disk is full";
    server
        .run(&["put", "k", "1", "2"])
        .assert_failed(3, &format!("the sample was refused; {says}"));
    let counts = "samples stored: 0, refused: 1, lines that are not samples: 0";
    for command in ["put", "import"] {
        let many = server.feed(&[command, "--format", "text"], b"k 1 2\n");
        assert_eq!(many.stderr.lines().last(), Some(&*format!("metric: {counts}; {says}")));
    }
    for command in ["get", "export", "plot"] {
        let told = format!("the server refused the request; {says}");
        server.run(&[command, "k"]).assert_failed(1, &told);
    }
}
