//! Checks where requests begin and end. A server and what stands before it must agree on that.

use serde_json::json;

use super::Setup;
use crate::http::{Http, Reply};
use crate::running::Running;

const POST: &str =
    "POST /v1/put HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-metric\r\n";

/// A request that must never be answered as one of its own.
const HIDDEN: &str = "GET /v1/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Sends bytes, and ends; returns all replies.
fn replies(server: &Running, sent: &str) -> Vec<Reply> {
    let mut http = Http::to(server);
    http.send(sent);
    http.end();
    let mut replies = Vec::new();
    while http.has_more() {
        replies.push(http.reply());
    }
    replies
}

/// Fails unless the first reply has this status, and what is behind it is not answered.
fn check_last(server: &Running, sent: &str, status: u16) {
    let found = replies(server, &format!("{sent}{HIDDEN}"));
    let statuses: Vec<_> = found.iter().map(|reply| reply.status).collect();
    assert_eq!(statuses, [status], "{sent:?}");
}

pub(super) fn lengths(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    for (headers, status) in [
        ("Content-Length: 6\r\nContent-Length: 7\r\n", 400),
        ("Content-Length: +6\r\n", 400),
        ("Content-Length: -6\r\n", 400),
        ("Content-Length: 0x6\r\n", 400),
        ("Content-Length: 6, 7\r\n", 400),
        ("Content-Length: 6 6\r\n", 400),
        ("Content-Length: \r\n", 400),
        ("Content-Length: 99999999999999999999\r\n", 400),
        ("Content-Length: 18446744073709551615\r\n", 431),
        ("Content-Length: 10485761\r\n", 413),
        ("Transfer-Encoding: gzip\r\n", 400),
        ("Transfer-Encoding: chunked, gzip\r\n", 400),
        ("Transfer-Encoding: gzip, chunked\r\n", 501),
        ("Transfer-Encoding: chunked, chunked\r\n", 501),
        ("Transfer-Encoding: identity, chunked\r\n", 501),
        ("Transfer-Encoding: xchunked\r\n", 400),
        ("Transfer-Encoding : chunked\r\n", 400),
        ("Content-Length : 6\r\n", 400),
    ] {
        check_last(&server, &format!("{POST}{headers}\r\n"), status);
    }
    // What stands before the server may read the other one.
    let both = "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n";
    let other = "cONTENT-lENGTH: 6\r\nX: y\r\nTRANSFER-encoding: chunked\r\n";
    for headers in [both, other] {
        check_last(&server, &format!("{POST}{headers}\r\n6\r\nb 1 1\n\r\n0\r\n\r\n"), 400);
    }
    check_last(
        &server,
        &POST.replace("1.1", "1.0").replace("\r\nHost", "\r\nTransfer-Encoding: chunked\r\nHost"),
        400,
    );
    assert_eq!(server.ask("get *\n"), "ok\n\n", "nothing of these was stored");
    let twice = replies(
        &server,
        &format!("{POST}Content-Length: 6\r\nContent-Length: 6\r\n\r\na 1 1\n{HIDDEN}"),
    );
    let statuses: Vec<_> = twice.iter().map(|reply| reply.status).collect();
    assert_eq!(statuses, [200, 404], "equal lengths are one");
}

pub(super) fn chunks(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let head = format!("{POST}Transfer-Encoding: chunked\r\n\r\n");
    let right = "6;x=\"y\"\r\na 1 1\n\r\n00A\r\na 2 2\na 3 \r\n2\r\n3\n\r\n0\r\nX: y\r\n\r\n";
    for size in [1, 2, 3, 5, 7, right.len()] {
        let mut http = Http::to(&server);
        http.send(&head);
        for piece in right.as_bytes().chunks(size) {
            http.send(piece);
        }
        let reply = http.reply();
        assert_eq!((reply.status, &reply.json()["stored"]), (200, &json!(3)), "{reply:?}");
        assert_eq!(http.ask("GET", "/healthz", &[]).status, 200, "the connection goes on");
    }
    for broken in [
        "000000006\r\na 1 1\n\r\n0\r\n\r\n",
        "6\r\na 1 1\n\r\n0\r\n\n",
        "6\r\na 1 1\n\r\n0\r\nX: y\n\r\n",
        "x\r\n",
        "-6\r\na 1 1\n\r\n",
        "+6\r\na 1 1\n\r\n",
        "0x6\r\na 1 1\n\r\n",
        "6 6\r\na 1 1\n\r\n",
        "6\na 1 1\n\r\n",
        "6\ra 1 1\n\r\n",
        "6\r\na 1 1\n",
        "6\r\na 1 1\nX\r\n0\r\n\r\n",
        "\r\n0\r\n\r\n",
        " 6\r\na 1 1\n\r\n",
        "FFFFFFFFFFFFFFFFF\r\n",
        "10000000000000000\r\n",
        "8000000000000000\r\n",
        "0\r\nX y\r\n\r\n",
        "0\r\n",
        "6\r\na 1 1\n\r\n",
        "6;\n\r\na 1 1\n\r\n0\r\n\r\n",
    ] {
        let found = replies(&server, &format!("{head}{broken}"));
        let statuses: Vec<_> = found.iter().map(|reply| reply.status).collect();
        assert!(matches!(statuses[..], [] | [400]), "{broken:?} is answered by {statuses:?}");
        let found = replies(&server, &format!("{head}{broken}{HIDDEN}"));
        assert!(found.iter().all(|reply| reply.status == 400), "{broken:?}: {found:?}");
    }
    let extension = format!("{head}1;{}\r\nx\r\n0\r\n\r\n", "e".repeat(20_000));
    assert!(
        replies(&server, &extension).iter().all(|reply| reply.status == 400),
        "long extensions"
    );
    let trailers = format!("{head}0\r\n{}\r\n", "a: b\r\n".repeat(5_000));
    assert!(replies(&server, &trailers).iter().all(|reply| reply.status == 400), "long trailers");
}

pub(super) fn heads(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    for head in [
        "GET /v1/info HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
        "GET /v1/info HTTP/1.1\r\n Host: localhost\r\n\r\n",
        "GET /v1/info HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
        "GET /v1/info HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n",
        "GET /v1/info HTTP/1.1\r\nHost: localhost\rX: b\r\n\r\n",
        "GET /v1/info HTTP/1.1\nHost: localhost\r\n\r\n",
        "GET /v1/info HTTP/1.1\r\nHost: localhost\n\r\n",
        "GET /v1/info HTTP/1.1\r\nHost: localhost\r\nX: a\nY: b\r\n\r\n",
        "GET /v1/info HTTP/1.1\r\nHost: localhost\r\n\n",
        "GET /v1/info HTTP/1.1\nHost: localhost\n\n",
        "\nGET /v1/info HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /v1/info HTTP/1.1\r\nHost: localhost\r\nX\r\n\r\n",
        "GET /v1/info HTTP/1.1\r\nHost: localhost\r\n: a\r\n\r\n",
        "GET /v1/info HTTP/1.1\r\nHost: localhost\r\nX Y: a\r\n\r\n",
        "GET /v1/info HTTP/1.1\r\nHost : localhost\r\n\r\n",
        "GET /v1/info\tHTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\n",
        "GET /v1/\0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /v1/info x HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /v1/\"<> HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    ] {
        let found = replies(
            &server,
            &format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n{head}{HIDDEN}"),
        );
        let statuses: Vec<_> = found.iter().map(|reply| reply.status).collect();
        assert!(matches!(statuses[..], [200, 400 | 403]), "{head:?} is answered by {statuses:?}");
        let why = found[1].text();
        assert!(why.ends_with('\n') && why.trim().lines().count() == 1, "{head:?}: {why:?}");
    }
}
