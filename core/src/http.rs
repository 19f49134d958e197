//! Request lines of HTTP. A web page can make a visitor's browser send lines to a server nearby,
//! but only after a request line like this:
//!
//! ```text
//! POST /anything HTTP/1.1
//! ```

use crate::limits::Limits;

/// What the first line of a connection is, as far as its bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstLine {
    /// Not enough was received.
    Unknown,
    /// It begins like a request line of HTTP, but its end is not received.
    MaybeHttp,
    /// A request line of HTTP.
    Http,
    /// A line of the native protocol.
    Native,
}

impl FirstLine {
    /// Looks at what was received on a connection. However it is cut, the answer goes from
    /// [`Unknown`](Self::Unknown) to the others and is the same in the end.
    #[must_use]
    pub fn of(received: &[u8], limits: Limits) -> Self {
        let bounded = received.get(..limits.min_input()).unwrap_or(received);
        let line = bounded.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let is_whole = line.len() < bounded.len();
        if !begins(line) {
            let is_open = !is_whole && line.len() < limits.min_input();
            return if is_open && may_begin(line) { Self::Unknown } else { Self::Native };
        }
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        match (is_whole, text.len() > limits.line()) {
            (true, _) if ends(text) => Self::Http,
            (_, true) => Self::Http,
            (true, false) => Self::Native,
            (false, false) => Self::MaybeHttp,
        }
    }
}

/// Whether a line begins like a request line of HTTP: capitals, a space, then `/`, `*` or `http`.
pub(crate) fn begins(line: &[u8]) -> bool {
    let rest = after_capitals(line);
    let is_target = matches!(rest, [b' ', b'/' | b'*', ..] | [b' ', b'h', b't', b't', b'p', ..]);
    is_target && rest.len() < line.len()
}

/// Whether a line ends like a request line of HTTP/1.x.
pub(crate) fn ends(line: &[u8]) -> bool {
    line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0")
}

/// Whether a line may begin like that once more of it is received.
fn may_begin(line: &[u8]) -> bool {
    let rest = after_capitals(line);
    rest.is_empty() || (b" http".starts_with(rest) && rest.len() < line.len())
}

fn after_capitals(line: &[u8]) -> &[u8] {
    let mut rest = line;
    while let [b'A'..=b'Z', after @ ..] = rest {
        rest = after;
    }
    rest
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    #[test]
    fn a_request_line_of_http_is_known_by_its_ends() {
        for line in
            ["GET / HTTP/1.1", "P * HTTP/1.0", "POST http://a/ HTTP/1.1", "GET /a b HTTP/1.1"]
        {
            assert!(begins(line.as_bytes()) && ends(line.as_bytes()), "{line}");
        }
        for line in
            ["get / HTTP/1.1", " / HTTP/1.1", "GET  / HTTP/1.1", "GET x HTTP/1.1", "GET", ""]
        {
            assert!(!begins(line.as_bytes()), "{line}");
        }
        for line in ["GET / HTTP/1.1 ", "GET / HTTP/2.0", "GET /HTTP/1.1", "GET / http/1.1"] {
            assert!(!ends(line.as_bytes()), "{line}");
        }
    }

    /// What a connection's first line is after each of its bytes, without repetitions.
    fn course(sent: &[u8]) -> Vec<FirstLine> {
        let limits = Limits::DESKTOP;
        let mut course: Vec<_> =
            (0..=sent.len()).map(|len| FirstLine::of(&sent[..len], limits)).collect();
        course.dedup();
        course
    }

    #[test]
    fn the_first_line_is_told_however_it_is_cut() {
        use FirstLine::{Http, MaybeHttp, Native, Unknown};
        for http in ["GET / HTTP/1.1\r\nHost: a\r\n", "OPTIONS * HTTP/1.0\n", "P http:a HTTP/1.1\n"]
        {
            assert_eq!(course(http.as_bytes()), [Unknown, MaybeHttp, Http], "{http}");
        }
        for (native, expected) in [
            ("put k 1 2\nGET / HTTP/1.1\n", &[Unknown, Native][..]),
            ("GET k\nget k\n", &[Unknown, Native]),
            ("GET\n", &[Unknown, Native]),
            ("GET htt\n", &[Unknown, Native]),
            ("\nGET / HTTP/1.1\n", &[Unknown, Native]),
            (" / HTTP/1.1\n", &[Unknown, Native]),
            ("GET / HTTP/1.1 \nget k\n", &[Unknown, MaybeHttp, Native]),
            ("GET / HTTP/2.0\nGET / HTTP/1.1\n", &[Unknown, MaybeHttp, Native]),
        ] {
            assert_eq!(course(native.as_bytes()), expected, "{native}");
        }
    }

    #[test]
    fn a_line_of_http_that_is_too_long_need_not_end() {
        let bound = Limits::DESKTOP.line();
        let target = |len: usize| [b"GET /", &[b'x'].repeat(len - 5)[..]].concat();
        assert_eq!(course(&target(bound)).last(), Some(&FirstLine::MaybeHttp));
        assert_eq!(course(&target(bound + 1)).last(), Some(&FirstLine::Http));
        let capitals = [b'G'].repeat(bound + 10);
        assert_eq!(course(&capitals), [FirstLine::Unknown, FirstLine::Native]);
    }
}
