//! Reads lines of a file or a pipe in bounded memory, and returns each as soon as it is complete.

use std::fs::File;
use std::io::{self, Read};
use std::mem;
use std::path::Path;

use metric_proto::Buffer;
use smol::Unblock;
use smol::io::AsyncReadExt;

use crate::failure::Failure;

/// A source of lines.
pub(crate) struct Lines {
    /// The input, read by a thread of its own, since reading a pipe can block for ever.
    input: Unblock<Box<dyn Read + Send>>,
    name: String,
    pub(crate) is_standard_input: bool,
    /// The length of the input in bytes, if known.
    pub(crate) length: Option<u64>,
    /// The number of bytes read so far.
    pub(crate) read: u64,
    ended: bool,
    buffer: Box<Buffer<LONGEST>>,
    /// The number of bytes at the front of the buffer that belong to the last returned line.
    taken: usize,
    /// The number of lines returned so far.
    number: u64,
    /// Whether the rest of an over-long line has yet to be discarded.
    skipping: bool,
}

/// A line, without its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// The number of the line, counted from 1.
    pub(crate) number: u64,
    pub(crate) text: &'a [u8],
    /// False if the line is too long and `text` is only its beginning.
    pub(crate) whole: bool,
}

/// The longest line in bytes, line end included. A sample is far shorter in any format.
pub(crate) const LONGEST: usize = 64 * 1024;

/// The number of bytes that the thread reads ahead.
const AHEAD: usize = 256 * 1024;

impl Lines {
    /// Opens a file, or standard input if `path` is `None` or `-`.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        match path.filter(|path| *path != Path::new("-")) {
            None => Ok(Self::of_standard_input()),
            Some(path) => Self::of_file(path).map_err(|error| {
                Failure::failed(format_args!("cannot read {}: {error}", path.display()))
            }),
        }
    }

    fn of_standard_input() -> Self {
        let input = Self::new(io::stdin(), "standard input".to_owned(), None);
        Self { is_standard_input: true, ..input }
    }

    fn of_file(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length =
            Some(file.metadata()?).filter(|about| about.is_file()).map(|about| about.len());
        Ok(Self::new(file, path.display().to_string(), length))
    }

    fn new(input: impl Read + Send + 'static, name: String, length: Option<u64>) -> Self {
        // The thread reads again after the end of input. A terminal would then wait for more.
        let input = Box::new(input.chain(io::empty()));
        Self {
            input: Unblock::with_capacity(AHEAD, input),
            name,
            is_standard_input: false,
            length,
            read: 0,
            ended: false,
            buffer: Box::default(),
            taken: 0,
            number: 0,
            skipping: false,
        }
    }

    /// Returns the next line, or `None` if more input has to be [`read`](Self::read) first.
    pub(crate) fn next(&mut self) -> Option<Line<'_>> {
        self.buffer.consume(mem::take(&mut self.taken));
        if self.skipping {
            self.skip();
        }
        let unread = self.buffer.unread();
        let (length, taken) = match line_end(unread) {
            Some(end) => (end, end + 1),
            None if unread.len() == LONGEST => (LONGEST, LONGEST),
            None if self.ended && !unread.is_empty() => (unread.len(), unread.len()),
            None => return None,
        };
        (self.taken, self.skipping) = (taken, length == LONGEST);
        self.number += 1;
        let text = unread.get(..length).unwrap_or_default();
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        Some(Line { number: self.number, text, whole: !self.skipping })
    }

    /// Discards bytes up to and including the next line end.
    fn skip(&mut self) {
        let unread = self.buffer.unread();
        let end = line_end(unread);
        self.buffer.consume(end.map_or(unread.len(), |end| end + 1));
        self.skipping = end.is_none();
    }

    /// Reads more input after [`next`](Self::next) has returned `None`. Returns false at the end
    /// of the input.
    ///
    /// If the future is dropped, no input is lost.
    pub(crate) async fn read(&mut self) -> Result<bool, Failure> {
        let read = self.input.read(self.buffer.space()).await;
        let count = read
            .map_err(|error| Failure::failed(format_args!("cannot read {}: {error}", self.name)))?;
        self.buffer.fill(count);
        self.read += count as u64;
        // The last line may lack a line end, so look at the buffer once more.
        let more = count > 0 || !mem::replace(&mut self.ended, true);
        Ok(more)
    }
}

fn line_end(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|&byte| byte == b'\n')
}

#[cfg(test)]
mod tests {
    use smol::block_on;

    use super::*;

    /// A reader that returns its bytes in pieces of at most this length.
    struct Pieces(Vec<u8>, usize);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0.drain(..count);
            Ok(count)
        }
    }

    fn lines(text: &[u8], piece: usize) -> Vec<(u64, usize, bool)> {
        let mut lines = Lines::new(Pieces(text.to_vec(), piece), String::new(), None);
        let mut all = Vec::new();
        loop {
            while let Some(Line { number, text, whole }) = lines.next() {
                all.push((number, text.len(), whole));
            }
            if !block_on(lines.read()).unwrap() {
                assert_eq!(lines.read, text.len() as u64);
                return all;
            }
        }
    }

    #[test]
    fn chunking_does_not_change_the_lines() {
        let text = b"ab\n\nc\r\n\r\r\nlast";
        for piece in [1, 2, 3, 100] {
            let expected = [(1, 2, true), (2, 0, true), (3, 1, true), (4, 1, true), (5, 4, true)];
            assert_eq!(lines(text, piece), expected, "{piece}");
        }
        assert_eq!(lines(b"", 1), []);
        assert_eq!(lines(b"\n", 1), [(1, 0, true)]);
    }

    #[test]
    fn an_over_long_line_is_one_line_and_the_next_is_whole() {
        for over in [0, 1, LONGEST, 3 * LONGEST + 7] {
            let mut text = b"a\n".to_vec();
            text.resize(2 + LONGEST + over, b'x');
            text.extend(b"\nbc\n");
            for piece in [1000, 1 << 20] {
                let expected = [(1, 1, true), (2, LONGEST, false), (3, 2, true)];
                assert_eq!(lines(&text, piece), expected, "{over}");
            }
        }
        let longest = [&vec![b'x'; LONGEST - 1][..], b"\nb"].concat();
        assert_eq!(lines(&longest, 1000), [(1, LONGEST - 1, true), (2, 1, true)]);
    }
}
