//! Reads lines of a file or a pipe in bounded memory, and returns each as soon as it is complete.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Seek};
use std::mem;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use metric_proto::Buffer;
use smol::Unblock;
use smol::io::AsyncReadExt;

use super::signature::Text;
use crate::failure::Failure;
use crate::format::is_gzip;
use crate::standard_streams::stdin;

/// A source of lines.
pub(crate) struct Lines {
    /// The input, read by a thread of its own, since reading a pipe can block for ever.
    input: Unblock<Box<dyn Read + Send>>,
    name: String,
    is_standard_input: bool,
    /// The length of the input in bytes, if it is known and not compressed.
    pub(super) length: Option<u64>,
    /// The number of bytes read so far.
    pub(super) read: u64,
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
    /// False if the input ends without a line end, so that `text` may be only the beginning of a line.
    pub(crate) has_end: bool,
}

/// The longest line in bytes, line end included. A sample is far shorter in any format.
pub(crate) const LONGEST: usize = 64 * 1024;

/// The number of bytes that the thread reads ahead.
const AHEAD: usize = 256 * 1024;

impl Lines {
    /// Opens a file, or standard input if `path` is `None` or `-`.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        match path.filter(|path| *path != Path::new("-")) {
            None => Self::of_standard_input().map_err(Failure::failed),
            Some(path) => Self::of_file(path).map_err(|error| {
                Failure::failed(format_args!("cannot read {}: {error}", path.display()))
            }),
        }
    }

    fn of_standard_input() -> io::Result<Self> {
        let lines = Self::new(Text::new(stdin()?), "standard input".to_owned(), None);
        Ok(Self { is_standard_input: true, ..lines })
    }

    /// Opens a file, and decompresses it if its name ends in `.gz`.
    fn of_file(path: &Path) -> io::Result<Self> {
        let (file, name) = (File::open(path)?, path.display().to_string());
        let length =
            Some(file.metadata()?).filter(|about| about.is_file()).map(|about| about.len());
        if !is_gzip(path) {
            return Ok(Self::new(Text::new(file), name, length));
        }
        if length.is_some() {
            check(&file)?;
        }
        Ok(Self::new(Text::new(MultiGzDecoder::new(file)), name, None))
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

    /// Returns whether a person types the input.
    pub(super) fn are_typed(&self) -> bool {
        self.is_standard_input && io::stdin().is_terminal()
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
        let (whole, has_end) = (!self.skipping, taken > length);
        let text = unread.get(..length).unwrap_or_default();
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        Some(Line { number: self.number, text, whole, has_end })
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

/// Checks a compressed file. Damage may go unnoticed up to the checksum at the end, and a sample
/// that was read before would be wrong.
fn check(mut file: &File) -> io::Result<()> {
    let checked = io::copy(&mut MultiGzDecoder::new(file), &mut io::sink());
    checked.map_err(|error| {
        io::Error::other(format!("it is cut, damaged or not gzip ({error}); nothing was stored"))
    })?;
    file.rewind()
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
            while let Some(Line { number, text, whole, .. }) = lines.next() {
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
