//! Request lines of HTTP. A web page can make a visitor's browser send lines to a server nearby,
//! but only after a request line like this:
//!
//! ```text
//! POST /anything HTTP/1.1
//! ```

/// Whether a line begins like a request line of HTTP: capitals, a space, then `/`, `*` or `http`.
pub(crate) fn begins(line: &[u8]) -> bool {
    let mut rest = line;
    while let [b'A'..=b'Z', after @ ..] = rest {
        rest = after;
    }
    let is_target = matches!(rest, [b' ', b'/' | b'*', ..] | [b' ', b'h', b't', b't', b'p', ..]);
    is_target && rest.len() < line.len()
}

/// Whether a line ends like a request line of HTTP/1.x.
pub(crate) fn ends(line: &[u8]) -> bool {
    line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0")
}

#[cfg(test)]
mod tests {
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
}
