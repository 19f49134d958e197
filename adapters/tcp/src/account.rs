//! What the log tells of one connection, at debug.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use log::Level;
use metric_proto::{Tally, parse_request};

use crate::server_handle::Outcome;

/// A peer, and what it was answered.
#[derive(Debug)]
pub(crate) struct Account {
    peer: SocketAddr,
    requests: AtomicU64,
    wrong_commands: AtomicU64,
}

impl Account {
    /// An account, if the log has a use for it: without one a connection holds a pointer only.
    pub(crate) fn of(peer: SocketAddr) -> Option<Arc<Self>> {
        let account = Self { peer, requests: 0.into(), wrong_commands: 0.into() };
        log::log_enabled!(Level::Debug).then(|| Arc::new(account))
    }

    pub(crate) fn answered(&self, tally: Tally, bytes: &[u8]) {
        self.requests.fetch_add(tally.requests.into(), Relaxed);
        self.wrong_commands.fetch_add(tally.wrong_commands.into(), Relaxed);
        if tally.wrong_commands > 0 {
            let (peer, count) = (self.peer, tally.wrong_commands);
            log::debug!("{peer} sent wrong commands: {count}, such as {}", Excerpt(wrong(bytes)));
        }
    }

    pub(crate) fn log_end(&self, outcome: Outcome) {
        let ended = match outcome {
            Outcome::Whole => "ended",
            Outcome::Broken => "broke",
            Outcome::TimedOut => "was idle for too long",
            Outcome::Cut => "was cut",
        };
        let (requests, wrong) = (self.requests.load(Relaxed), self.wrong_commands.load(Relaxed));
        log::debug!("{} {ended}; requests: {requests}; wrong commands: {wrong}", self.peer);
    }
}

/// The first line that is no request by the grammar; else one that is over a bound, so the longest.
fn wrong(bytes: &[u8]) -> &[u8] {
    let lines = || bytes.split_inclusive(|byte| *byte == b'\n').map(text);
    let first = lines().find(|line| parse_request(line).is_err());
    first.or_else(|| lines().max_by_key(|line| line.len())).unwrap_or_default()
}

/// A line without its line end.
fn text(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The first bytes of a line, escaped, in quotes.
struct Excerpt<'a>(&'a [u8]);

/// How many bytes of a wrong command are logged at most.
const EXCERPT: usize = 64;

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, rest) = self.0.split_at(self.0.len().min(EXCERPT));
        write!(f, "\"{}\"{}", shown.escape_ascii(), if rest.is_empty() { "" } else { "..." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> String {
        Excerpt(wrong(bytes)).to_string()
    }

    #[test]
    fn the_first_wrong_command_is_shown_escaped_and_bounded() {
        assert_eq!(shown(b"get a\r\nget  b\nhello\n"), r#""get  b""#);
        assert_eq!(shown(b"get a\nget \x1b[2J\"\xff\n"), r#""get \x1b[2J\"\xff""#);
        let long = [b"get ".as_slice(), &[b'k'; 300], b"\nget a\n"].concat();
        assert_eq!(shown(&long), format!("\"get {}\"...", "k".repeat(60)));
        assert_eq!(shown(b"get a\n\nhello\n"), "\"\"");
    }
}
