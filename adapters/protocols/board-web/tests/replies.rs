//! Requests as browsers, curl, Prometheus and strangers send them, and the replies.

use std::io::Read;

use flate2::read::GzDecoder;
use metric_board_web::{Http, MAX_FIELDS, longest_line};
use metric_driver::{Next, Session};
use metric_proto::{FixedStore, Key, Sample, Store};
use proptest::prelude::*;

const KEY: usize = 16;
const NOW: i64 = 90;
const BROWSER: &str = "Host: metric.local\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\n\r\n";

type Board = FixedStore<4, 3, KEY>;

fn board() -> Board {
    let mut board = Board::new();
    for (key, value, timestamp) in [
        ("palm.cpu", 23.7, 60),
        ("palm.cpu", -0.5, 65),
        ("a\"b\\c", 1e300, i64::MIN),
        ("é&=+%", 5e-324, 70),
    ] {
        let sample = Sample::new(value, timestamp).unwrap();
        board.put(Key::new(key).unwrap(), sample).unwrap();
    }
    board
}

/// Sends a request in pieces, through buffers of the smallest and of other sizes. Returns the reply,
/// or `None` if the session waits for more.
fn ask(request: &[u8], pieces: &[usize], outputs: &[usize]) -> Option<Vec<u8>> {
    let mut board = board();
    let mut session = Http::<_, _, KEY>::new(&mut board, || NOW);
    let (mut unread, mut input) = (request, Vec::new());
    let (mut pieces, mut outputs) = (pieces.iter().cycle(), outputs.iter().cycle());
    let mut reply = Vec::new();
    loop {
        let mut output = vec![b'#'; *outputs.next().unwrap()];
        let progress = session.process(&input, &mut output, 0);
        input.drain(..progress.consumed);
        reply.extend_from_slice(&output[..progress.filled]);
        assert!(output[progress.filled..].iter().all(|byte| *byte == b'#'));
        match progress.next {
            Next::Close => return Some(reply),
            Next::Output => assert!(progress.filled > 0),
            Next::Input if unread.is_empty() => return None,
            Next::Input => {
                assert!(input.len() < session.min_input());
                let (piece, rest) = unread.split_at(unread.len().min(*pieces.next().unwrap()));
                input.extend_from_slice(piece);
                unread = rest;
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Returns the status line, the fields, and the body.
fn parts(reply: &[u8]) -> (String, String, &[u8]) {
    let end = reply.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(reply[..end].to_vec()).unwrap();
    let (status, fields) = head.split_once("\r\n").unwrap();
    (status.to_owned(), fields.to_owned(), &reply[end + 4..])
}

fn get(target: &str) -> (String, String, String) {
    let reply = ask(format!("GET {target} HTTP/1.1\r\n{BROWSER}").as_bytes(), &[9], &[50]).unwrap();
    let (status, fields, body) = parts(&reply);
    (status, fields, String::from_utf8(body.to_vec()).unwrap())
}

#[test]
fn samples_are_exact_json_or_gauges() {
    let json = "Content-Type: application/json";
    for (target, kind, body) in [
        (
            "/v1/last",
            json,
            r#"{"now": 90, "series": [{"key": "a\"b\\c", "last": [-9223372036854775808, 1e+300]}, {"key": "palm.cpu", "last": [65, -0.5]}, {"key": "é&=+%", "last": [70, 5e-324]}]}"#,
        ),
        ("/v1/last?key=none", json, r#"{"now": 90, "series": []}"#),
        (
            "/v1/range?key=palm.cpu",
            json,
            r#"{"series": [{"key": "palm.cpu", "samples": [[60, 23.7], [65, -0.5]]}]}"#,
        ),
        (
            "/v1/range?key=%c3%A9%26%3d%2B%25",
            json,
            r#"{"series": [{"key": "é&=+%", "samples": [[70, 5e-324]]}]}"#,
        ),
        ("/v1/range?key=palm", json, r#"{"series": []}"#),
        ("/v1/range?key=%ff", json, r#"{"series": []}"#),
        (
            "/metrics?key=a%22b%5cc",
            "Content-Type: text/plain; version=0.0.4; charset=utf-8",
            "# HELP metric_last The newest sample of a series.\n# TYPE metric_last gauge\n\
            metric_last{key=\"a\\\"b\\\\c\"} 1e+300\n",
        ),
    ] {
        let (status, fields, got) = get(target);
        assert_eq!((status.as_str(), got.as_str()), ("HTTP/1.0 200 OK", body), "{target}");
        let common = ["Connection: close", "X-Content-Type-Options: nosniff", kind];
        assert!(common.iter().all(|field| fields.lines().any(|line| line == *field)), "{fields}");
    }
}

#[test]
fn the_page_is_whole_and_may_only_ask_its_board() {
    let reply = ask(b"GET / HTTP/1.0\n\n", &[100], &[512]).unwrap();
    let (status, fields, body) = parts(&reply);
    let mut page = String::new();
    GzDecoder::new(body).read_to_string(&mut page).unwrap();
    assert_eq!(status, "HTTP/1.0 200 OK");
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</script>"));
    assert!(fields.contains("Content-Encoding: gzip") && fields.contains("default-src 'none';"));
    assert!(!page.contains("innerHTML") && !page.contains("http://") && body.len() <= 2_000);
}

#[test]
fn what_is_not_answered_is_told_why() {
    let long = |length: usize| "k".repeat(length);
    let fields = |length: usize| format!("GET / HTTP/1.1\r\nCookie: {}\r\n\r\n", long(length));
    let cases = [
        ("GET /favicon.ico HTTP/1.1\r\n\r\n".to_owned(), 404),
        ("GET /v1/last/ HTTP/1.1\r\n\r\n".to_owned(), 404),
        ("GET http://metric.local/ HTTP/1.1\r\n\r\n".to_owned(), 404),
        ("POST /v1/put HTTP/1.1\r\nContent-Length: 3\r\n\r\nk 1".to_owned(), 405),
        ("get / HTTP/1.1\r\n\r\n".to_owned(), 405),
        ("OPTIONS * HTTP/1.1\r\n\r\n".to_owned(), 405),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 505),
        ("GET / HTTP/0.9\r\n\r\n".to_owned(), 505),
        ("GET / HTTP/1.1 x\r\n\r\n".to_owned(), 400),
        ("GET /\r\n\r\n".to_owned(), 400),
        ("\r\n\r\n".to_owned(), 400),
        ("\n".to_owned(), 400),
        ("put palm.cpu 23.7 1\n".to_owned(), 400),
        ("GET  / HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("GET /v1/last? HTTP/1.1\r\n\r\n".to_owned(), 200),
        ("GET /v1/last?key= HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("GET /v1/last?match=* HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("GET /v1/last?key=a&key=b HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("GET /v1/last?key=%4 HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("GET /v1/last?key=%zz HTTP/1.1\r\n\r\n".to_owned(), 400),
        (format!("GET /v1/last?key={} HTTP/1.1\r\n\r\n", long(KEY)), 200),
        (format!("GET /v1/last?key={} HTTP/1.1\r\n\r\n", long(KEY + 1)), 400),
        (format!("HEAD /v1/range?key={} HTTP/1.1\r\n\r\n", "%6b".repeat(KEY)), 200),
        (format!("GET /{} HTTP/1.1\r\n\r\n", long(longest_line(KEY))), 414),
        (format!("GET /{} HTTP/1.1\r\n\r\n", long(MAX_FIELDS)), 431),
        (fields(MAX_FIELDS - 20), 200),
        (fields(MAX_FIELDS), 431),
    ];
    for (request, status) in cases {
        let reply = ask(request.as_bytes(), &[7, 100], &[64]).unwrap();
        let (line, fields, body) = parts(&reply);
        assert_eq!(line.get(9..12), Some(&*status.to_string()), "{request:?}");
        if status >= 400 {
            assert!(body.ends_with(b"\n") && body.len() > 10 && fields.contains("text/plain"));
            assert_eq!(status == 405, fields.contains("Allow: GET, HEAD"), "{fields}");
        }
    }
}

#[test]
fn nothing_is_answered_before_the_head_is_whole() {
    let request = format!("GET /v1/last HTTP/1.1\r\n{BROWSER}");
    for length in 0..request.len() {
        assert_eq!(ask(&request.as_bytes()[..length], &[8], &[64]), None, "{length}");
    }
    // No bytes without a line feed are kept beyond the longest line.
    assert_eq!(ask(&[b'x'; MAX_FIELDS], &[8], &[64]), None);
}

#[test]
fn a_head_is_that_of_the_whole_reply() {
    for path in ["/", "/v1/last", "/v1/range", "/metrics", "/none"] {
        let ask =
            |method| ask(format!("{method} {path} HTTP/1.1\r\n\r\n").as_bytes(), &[64], &[64]);
        let (head, whole) = (ask("HEAD").unwrap(), ask("GET").unwrap());
        assert!(whole.starts_with(&head) && head.len() < whole.len());
        assert!(head.ends_with(b"\r\n\r\n"));
    }
    let long = format!("HEAD /{} HTTP/1.1\r\n\r\n", "k".repeat(MAX_FIELDS));
    assert!(ask(long.as_bytes(), &[64], &[64]).unwrap().ends_with(b"\r\n\r\n"));
}

proptest! {
    #[test]
    fn a_reply_depends_neither_on_cuts_nor_on_the_output(
        request in prop_oneof![
            proptest::collection::vec(any::<u8>(), ..300),
            "(GET|HEAD|PUT|) ?/?(v1/last|v1/range|metrics|)[?]?(key=)?[%a-c0-9&+]{0,40} (HTTP/1.[01]|HTTP/2)?\r?\n([a-z: ]{0,20}\r?\n){0,3}\r?\n"
                .prop_map(String::into_bytes),
        ],
        pieces in proptest::collection::vec(1_usize..40, 1..5),
        outputs in proptest::collection::vec(1_usize..200, 1..5),
    ) {
        let whole = ask(&request, &[request.len().max(1)], &[100_000]);
        if let Some(reply) = &whole {
            let (status, _, body) = parts(reply);
            prop_assert!(status.starts_with("HTTP/1.0 ") && status.len() > 13);
            if reply.windows(16).any(|part| part == b"application/json") && !body.is_empty() {
                prop_assert!(serde_json::from_slice::<serde_json::Value>(body).is_ok());
            }
        }
        prop_assert_eq!(ask(&request, &pieces, &outputs), whole);
    }
}
