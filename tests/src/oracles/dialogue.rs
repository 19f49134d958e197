//! The lines that a client sends, and the expected replies.

use metric_proto::{Limits, Tally};

use super::limits::{self, SAMPLES, SERIES};
use metric_conformance::model::{is_http, request, without_cr};
use metric_conformance::{ModelConnection, ModelStore};

/// Returns `count` puts of the longest rows, at most as many as fit the store. They make a listing
/// longer than the smallest output.
pub(super) fn longest_puts(limits: Limits, count: usize) -> String {
    let keys = ["a", "b", "c"].map(|name| name.repeat(limits.key()));
    let puts = (0..SERIES * SAMPLES).map(|number| {
        let (key, timestamp) = (&keys[number % SERIES], i64::MIN + number as i64);
        format!("put {key} -1.2345678901234567e-300 {timestamp}\n")
    });
    puts.take(count).collect()
}

/// Returns the reply to each complete line.
pub(super) fn replies(store: &mut ModelStore, bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut connection = ModelConnection::default();
    lines(bytes).map(|line| connection.feed(store, line)).collect()
}

/// Returns the numbers of requests and of wrong commands among the complete lines.
pub(super) fn tally(limits: Limits, bytes: &[u8]) -> Tally {
    let bounds = limits::bounds(limits);
    let (mut tally, mut refuses) = (Tally::default(), false);
    for line in lines(bytes) {
        let line = without_cr(&line[..line.len() - 1]);
        match request::parse(line, &bounds).filter(|_| !refuses) {
            Some(_) => tally.requests += 1,
            None => tally.wrong_commands += 1,
        }
        refuses |= is_http(line, bounds.line);
    }
    tally
}

/// Returns the complete lines, with their LFs.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n"))
}
