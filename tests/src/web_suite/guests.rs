//! Checks whose requests are answered.

use super::Setup;
use crate::http::{Http, Reply};
use crate::running::Running;

/// Sends a request with these headers only.
fn raw(server: &Running, target: &str, headers: &[&str]) -> Reply {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let mut http = Http::to(server);
    http.send(format!("GET {target} HTTP/1.1\r\n{headers}\r\n"));
    http.reply()
}

pub(super) fn hosts(setup: &Setup<'_>) {
    let server = setup.start(&["--host", "palm.example"]);
    for (target, headers, status) in [
        ("/v1/keys", &["Host: 127.0.0.1:8888"][..], 200),
        ("/v1/keys", &["hOST:\t[::1]:1 "], 200),
        ("/v1/keys", &["Host: localhost"], 200),
        ("/v1/keys", &["Host: palm.example"], 200),
        ("http://127.0.0.1/v1/keys", &["Host: 127.0.0.1"], 200),
        ("http://palm.example:80/v1/keys", &["Host: palm.example:80"], 200),
        ("/v1/keys", &[], 400),
        ("/v1/keys", &["Host: localhost", "Host: localhost"], 400),
        ("/v1/keys", &["Host: localhost", "host: evil.example"], 400),
        ("/v1/keys", &["Host: loc\u{e4}lhost"], 400),
        ("/v1/keys", &["Host: evil.example"], 403),
        ("/v1/keys", &["Host: evil.example:80"], 403),
        ("/v1/keys", &["Host: localhost@evil.example"], 403),
        ("/v1/keys", &["Host: localhost/evil.example"], 403),
        ("/v1/keys", &["Host:"], 403),
        ("/v1/keys", &["Host: :8888"], 403),
        ("http://evil.example/v1/keys", &["Host: localhost"], 403),
        ("http://localhost@evil.example/v1/keys", &["Host: localhost"], 403),
        ("http://localhost/v1/keys", &["Host: evil.example"], 403),
    ] {
        let reply = raw(&server, target, headers);
        assert_eq!(reply.status, status, "{target} {headers:?}: {reply:?}");
        if status != 200 {
            assert_eq!(reply.header("connection"), Some("close"), "{headers:?}");
            assert!(!reply.text().contains("series"), "nothing is told");
        }
    }
    let refused = raw(&server, "/", &["Host: evil.example"]);
    assert!(refused.text().contains("--host evil.example"), "the way out is told");
}

pub(super) fn origins(setup: &Setup<'_>) {
    let server = setup.start(&["--allow-origin", "https://board.example"]);
    let host = "Host: 127.0.0.1:8888";
    for (target, headers, status) in [
        ("/v1/keys", &["Origin: http://127.0.0.1:8888", "Sec-Fetch-Site: same-origin"][..], 200),
        ("/v1/keys", &["Sec-Fetch-Site: none"], 200),
        ("/v1/keys", &["Origin: https://board.example", "Sec-Fetch-Site: cross-site"], 200),
        ("/", &["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"], 200),
        ("/v1/keys", &["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"], 403),
        ("/v1/keys", &["Sec-Fetch-Site: same-site"], 403),
        ("/v1/keys", &["Sec-Fetch-Site: Same-Origin "], 403),
        ("/v1/keys", &["Origin: https://evil.example"], 403),
        ("/v1/keys", &["Origin: https://board.example.evil.example"], 403),
        ("/v1/keys", &["Origin: null"], 403),
        ("/v1/keys", &["Origin: http://127.0.0.1:1"], 403),
        ("/v1/keys", &["Origin: http://127.0.0.1:8888", "Origin: http://127.0.0.1:8888"], 400),
        ("/v1/keys", &["Origin: http://127.0.0.1:8888", "Sec-Fetch-Site: cross-site"], 403),
    ] {
        let reply = raw(&server, target, &[&[host], headers].concat());
        assert_eq!(reply.status, status, "{target} {headers:?}: {reply:?}");
        let allows = headers.contains(&"Origin: https://board.example");
        let told = reply.header("access-control-allow-origin");
        assert_eq!(told, allows.then_some("https://board.example"), "{headers:?}");
    }
    let mut http = Http::to(&server);
    http.send(format!(
        "OPTIONS /v1/put HTTP/1.1\r\n{host}\r\nOrigin: https://board.example\r\n\r\n"
    ));
    let reply = http.reply();
    assert_eq!((reply.status, reply.header("access-control-allow-methods")), (204, Some("POST")));
}
