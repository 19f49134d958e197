//! How many of a peer's lines are too long, which the log tells apart from other wrong commands: an
//! option of the server allows longer ones.

use metric_proto::{Limits, Tally};

/// Counts the lines of a connection that are longer than the limits, or whose key is.
#[derive(Debug)]
pub(crate) struct LongLines {
    limits: Limits,
    /// Whether the bytes so far end within a line. Only one that is too long is consumed in parts.
    is_within: bool,
}

impl LongLines {
    pub(crate) const fn new(limits: Limits) -> Self {
        Self { limits, is_within: false }
    }

    /// Counts those that end in the bytes that were consumed next. If no command was wrong, none is
    /// too long, and the bytes are not read again.
    pub(crate) fn count(&mut self, tally: Tally, consumed: &[u8]) -> u64 {
        let ended = if tally.wrong_commands > 0 { self.count_ended(consumed) } else { 0 };
        self.is_within = consumed.last().map_or(self.is_within, |&byte| byte != b'\n');
        ended
    }

    fn count_ended(&self, consumed: &[u8]) -> u64 {
        let lines = consumed.split_inclusive(|&byte| byte == b'\n').enumerate();
        let ended = lines.filter_map(|(index, line)| Some((index, line.strip_suffix(b"\n")?)));
        let too_long = ended.filter(|&(index, line)| {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            (index == 0 && self.is_within) || self.limits.are_exceeded(line)
        });
        too_long.count() as u64
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use metric_driver::{Lines, Session};
    use metric_proto::FixedStore;

    use super::*;

    #[test]
    fn the_lines_that_are_too_long_are_counted_however_they_are_cut() {
        let limits = Limits::new(60, 4);
        let (fits, long, endless) = ("x".repeat(60), "x".repeat(61), "put k 1 2 ".repeat(30));
        let sent = format!(
            "put keys 1 2\nput keys1 1 2\r\nget keys1\nget k\nget keys1 2\nhello\n{fits}\r\n{long}\n\n\
             {endless}\r\nput k 1 3\n{endless}\n{endless}\nGET / HTTP/1.1\nget keys1\nget k\n{endless}"
        );
        for size in 1..=sent.len() {
            let (store, total) = (RefCell::new(FixedStore::<1, 2, 4>::new()), RefCell::new((0, 0)));
            let mut long_lines = LongLines::new(limits);
            let mut lines = Lines::new(limits, &store, |tally: Tally, consumed: &[u8]| {
                let (wrong, too_long) = &mut *total.borrow_mut();
                *wrong += tally.wrong_commands;
                *too_long += long_lines.count(tally, consumed);
            });
            let mut input = Vec::new();
            for piece in sent.as_bytes().chunks(size) {
                input.extend_from_slice(piece);
                let progress = lines.process(&input, &mut [0; 2000], 0);
                input.drain(..progress.consumed);
            }
            assert_eq!(*total.borrow(), (13, 8), "in pieces of {size} bytes");
        }
    }
}
