//! The head of a reply.

use httparse::{EMPTY_HEADER, Header, Response, Status};

use super::framing::{Framing, Malformed};

/// The status of a reply, how its body is framed, and the length of the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) body: Framing,
    pub(super) length: usize,
}

/// The most headers of a reply.
const HEADERS: usize = 64;

/// How every head begins.
const BEGINNING: &[u8] = b"HTTP/1.";

/// Parses the head at the front of the input. Returns `None` if more input is needed. Input that
/// cannot become a head is malformed with its first byte.
pub(super) fn head(input: &[u8]) -> Result<Option<Head>, Malformed> {
    let shared = input.len().min(BEGINNING.len());
    if input.get(..shared) != BEGINNING.get(..shared) {
        return Err(Malformed);
    }
    let mut headers = [EMPTY_HEADER; HEADERS];
    let mut response = Response::new(&mut headers);
    match response.parse(input).map_err(|_| Malformed)? {
        Status::Partial => Ok(None),
        Status::Complete(length) => {
            let status = response.code.ok_or(Malformed)?;
            Ok(Some(Head { status, body: framing(status, response.headers)?, length }))
        }
    }
}

/// Returns the framing of a body. One that ends with the connection is refused: it would not tell
/// whether it is complete.
fn framing(status: u16, headers: &[Header<'_>]) -> Result<Framing, Malformed> {
    if matches!(status, 100..=199 | 204 | 304) {
        return Ok(Framing::End);
    }
    let coding = only(headers, "transfer-encoding")?;
    let length = only(headers, "content-length")?;
    match (coding, length) {
        (Some(coding), None) if coding.eq_ignore_ascii_case("chunked") => Ok(Framing::Size),
        (None, Some(length)) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
            length.parse().map(Framing::Length).map_err(|_| Malformed)
        }
        _ => Err(Malformed),
    }
}

/// Returns the value of a header that may be there once.
fn only<'h>(headers: &[Header<'h>], name: &str) -> Result<Option<&'h str>, Malformed> {
    let mut values = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
    let value = values.next().map(|header| str::from_utf8(header.value).map_err(|_| Malformed));
    if values.next().is_some() { Err(Malformed) } else { value.transpose() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(headers: &str) -> Result<Option<Head>, Malformed> {
        head(format!("HTTP/1.1 200 OK\r\n{headers}\r\n").as_bytes())
    }

    #[test]
    fn the_framing_of_a_body_is_certain_or_refused() {
        for (headers, body) in [
            ("Transfer-Encoding: chunked\r\n", Framing::Size),
            ("transfer-encoding:Chunked\r\nx: y\r\n", Framing::Size),
            ("Content-Length: 7\r\n", Framing::Length(7)),
        ] {
            assert_eq!(parsed(headers).unwrap().unwrap().body, body, "{headers}");
        }
        for headers in [
            "",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 7\r\n",
            "Content-Length: 7\r\nContent-Length: 7\r\n",
            "Content-Length: +7\r\n",
            "Content-Length: \r\n",
            "Content-Length: 99999999999999999999\r\n",
        ] {
            assert_eq!(parsed(headers), Err(Malformed), "{headers}");
        }
        assert_eq!(head(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().unwrap().body, Framing::End);
    }

    #[test]
    fn a_head_is_awaited_as_long_as_it_can_become_one() {
        let text = b"HTTP/1.1 422 Unprocessable Entity\r\nContent-Length: 0\r\n\r\n";
        for end in 0..text.len() {
            assert_eq!(head(&text[..end]), Ok(None), "{end}");
        }
        let expected = Head { status: 422, body: Framing::Length(0), length: text.len() };
        assert_eq!(head(&[text, &b"rest"[..]].concat()), Ok(Some(expected)));
        for other in [&b"e"[..], b"ok\n\n", b"error\nwrong command\n\n", b"HTTP/2", b"http"] {
            assert_eq!(head(other), Err(Malformed), "{other:?}");
        }
    }
}
