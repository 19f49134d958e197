//! A strict client of HTTP/1.1. It fails at what a server must not send.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};

use serde_json::Value;

use crate::running::Running;

/// A connection.
#[derive(Debug)]
pub struct Http(BufReader<TcpStream>);

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body, without chunks, but still compressed.
    pub body: Vec<u8>,
    /// Whether the body came to its end.
    pub is_whole: bool,
}

/// How long a body is.
enum Length {
    Of(usize),
    Chunked,
}

impl Http {
    /// Connects to a server.
    #[must_use]
    pub fn to(server: &Running) -> Self {
        Self::over(server.connect())
    }

    /// Speaks over a stream.
    #[must_use]
    pub fn over(stream: TcpStream) -> Self {
        Self(BufReader::new(stream))
    }

    /// Sends bytes.
    ///
    /// # Panics
    ///
    /// If the server does not take them.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).expect("the server reads");
    }

    /// Sends bytes, as far as the server takes them.
    pub fn try_send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.get_mut().write_all(bytes.as_ref());
    }

    /// Sends nothing more.
    ///
    /// # Panics
    ///
    /// If the server is gone.
    pub fn end(&mut self) {
        self.0.get_mut().shutdown(Shutdown::Write).expect("the server is there");
    }

    /// Returns the stream below. Bytes that were read ahead are lost to it.
    #[must_use]
    pub fn stream(&self) -> &TcpStream {
        self.0.get_ref()
    }

    /// Sends a request without a body, with further headers, and reads its reply.
    pub fn ask(&mut self, method: &str, target: &str, headers: &[&str]) -> Reply {
        self.send(request(method, target, headers));
        if method == "HEAD" { self.reply_to_head() } else { self.reply() }
    }

    /// Reads the reply to a request, unless that was HEAD.
    pub fn reply(&mut self) -> Reply {
        let mut reply = self.reply_to_head();
        let Some(length) = length(&reply) else { return reply };
        reply.is_whole = self.body(length, &mut reply.body);
        reply
    }

    /// Reads the reply to HEAD, which has no body.
    ///
    /// # Panics
    ///
    /// If it is not a reply of HTTP/1.1, or does not come.
    pub fn reply_to_head(&mut self) -> Reply {
        let first = self.line();
        let status = first.strip_prefix("HTTP/1.1 ").or(first.strip_prefix("HTTP/1.0 "));
        let status = status.and_then(|rest| rest.get(..3)?.parse().ok());
        let status = status.unwrap_or_else(|| panic!("{first:?} begins a reply"));
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                return Reply { status, headers, body: Vec::new(), is_whole: true };
            }
            let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("header {line:?}"));
            headers.push((name.to_lowercase(), value.to_owned()));
        }
    }

    /// Reads a chunk of a body; `None` at its end, or if the stream ends before it.
    ///
    /// # Panics
    ///
    /// If what comes is no chunk.
    pub fn chunk(&mut self) -> Option<Vec<u8>> {
        let size = self.try_line()?;
        let size = usize::from_str_radix(&size, 16).unwrap_or_else(|_| panic!("size {size:?}"));
        let mut chunk = vec![0; size + 2];
        self.0.read_exact(&mut chunk).ok()?;
        assert!(chunk.ends_with(b"\r\n"), "a chunk has an end");
        chunk.truncate(size);
        Some(chunk)
    }

    /// Whether more comes before the stream ends.
    #[must_use]
    pub fn has_more(&mut self) -> bool {
        self.0.fill_buf().is_ok_and(|bytes| !bytes.is_empty())
    }

    /// Returns all that comes until the stream ends.
    ///
    /// # Panics
    ///
    /// If it does not end in order.
    #[must_use]
    pub fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).expect("an end, not a reset");
        String::from_utf8_lossy(&rest).into_owned()
    }

    /// Fails unless the stream ends here, in order.
    ///
    /// # Panics
    ///
    /// If more comes, or the connection is reset.
    pub fn expect_end(&mut self) {
        assert_eq!(self.rest(), "", "behind the last reply");
    }

    /// Reads a body. Returns whether it came to its end.
    fn body(&mut self, length: Length, body: &mut Vec<u8>) -> bool {
        match length {
            Length::Of(length) => {
                let taken = (&mut self.0).take(length as u64).read_to_end(body);
                taken.is_ok_and(|taken| taken == length)
            }
            Length::Chunked => loop {
                match self.chunk() {
                    Some(chunk) if chunk.is_empty() => return true,
                    Some(chunk) => body.extend(chunk),
                    None => return false,
                }
            },
        }
    }

    fn line(&mut self) -> String {
        self.try_line().expect("a reply goes on")
    }

    fn try_line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.0.read_line(&mut line).unwrap_or(0);
        let line = line.strip_suffix("\r\n").map(str::to_owned);
        assert!(read == 0 || line.is_some(), "a line ends in CR LF");
        line
    }
}

impl Reply {
    /// Returns the value of a header, which must be there once at most.
    ///
    /// # Panics
    ///
    /// If it is there twice.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(other, _)| other == name);
        let value = values.next().map(|(_, value)| &**value);
        assert!(values.next().is_none(), "{name} is there twice: {self:?}");
        value
    }

    /// Returns the body as text.
    ///
    /// # Panics
    ///
    /// If it is not.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    /// Returns the body as JSON.
    ///
    /// # Panics
    ///
    /// If it is not.
    #[must_use]
    pub fn json(&self) -> Value {
        let json = serde_json::from_slice(&self.body);
        json.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }
}

/// Returns a request without a body, with further headers.
#[must_use]
pub fn request(method: &str, target: &str, headers: &[&str]) -> String {
    let further: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n{further}\r\n")
}

/// Sends a request on a connection of its own.
#[must_use]
pub fn ask(server: &Running, method: &str, target: &str, headers: &[&str]) -> Reply {
    Http::to(server).ask(method, target, headers)
}

/// Sends GET on a connection of its own.
#[must_use]
pub fn get(server: &Running, target: &str) -> Reply {
    ask(server, "GET", target, &[])
}

/// Posts a body on a connection of its own.
#[must_use]
pub fn post(server: &Running, kind: &str, body: &str) -> Reply {
    let mut http = Http::to(server);
    let (kind, length) = (format!("Content-Type: {kind}"), body.len());
    let length = format!("Content-Length: {length}");
    http.send(request("POST", "/v1/put", &[&kind, &length]) + body);
    http.reply()
}

/// Returns how long the body of a reply is; `None` if it has none.
fn length(reply: &Reply) -> Option<Length> {
    if matches!(reply.status, 100..200 | 204 | 304) {
        return None;
    }
    match (reply.header("content-length"), reply.header("transfer-encoding")) {
        (Some(length), None) => Some(Length::Of(length.parse().expect("a length"))),
        (None, Some("chunked")) => Some(Length::Chunked),
        lengths => panic!("{lengths:?} tells no length: {reply:?}"),
    }
}
