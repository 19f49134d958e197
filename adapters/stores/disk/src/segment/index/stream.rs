//! Reading an index from its file, a part at a time.

use std::io::{self, ErrorKind};
use std::ops::Range;

use crc32fast::Hasher;

use super::{Before, Contents, Entries, Entry};
use crate::File;
use crate::segment::head::{HEAD, Seed};

/// The entries of an index, in the order of the keys. It takes the memory of the longest entry, and
/// 16 KiB.
///
/// The checksum is of all entries, so it is known at the end whether they are good: then, if they are
/// not, there is an error behind the last one.
#[derive(Debug)]
pub(crate) struct Stream<'a, F> {
    file: &'a F,
    /// What was not read yet.
    rest: Range<u64>,
    /// What was read last, and how much of it was taken.
    window: Vec<u8>,
    used: usize,
    before: Before,
    /// Where the next block begins, and the last one ends.
    offset: u64,
    end: u64,
    /// The checksum of what was read, and what it must be; `None` behind the end.
    checksum: Option<(Hasher, u32)>,
}

/// How many bytes are read at once.
const PART: u64 = 16 << 10;

impl<'a, F: File> Stream<'a, F> {
    /// Begins to read the index in a span of a file: its checksum and its entries.
    pub(in crate::segment) fn new(file: &'a F, seed: Seed, span: Range<u64>) -> io::Result<Self> {
        let (end, mut crc) = (span.start, [0; size_of::<u32>()]);
        let rest = span.start + crc.len() as u64..span.end;
        read_exact(file, &mut crc, end)?;
        let checksum = Some((seed.hasher(end), u32::from_le_bytes(crc)));
        let (window, before) = (Vec::new(), Before::default());
        Ok(Self { file, rest, window, used: 0, before, offset: HEAD as u64, end, checksum })
    }

    /// Returns what there is in total, if all of it is good.
    pub(in crate::segment) fn check(mut self) -> io::Result<Contents> {
        let mut contents = Contents::default();
        for entry in &mut self {
            contents.add(entry?.contents());
        }
        Ok(contents)
    }

    /// Takes the next entry, if the window has the whole of it.
    fn take_entry(&mut self) -> Option<Entry> {
        let (bytes, before) = (&self.window[self.used..], self.before.clone());
        let mut entries = Entries { bytes, before, offset: self.offset, gaps: &[] };
        let entry = entries.next()?;
        self.used = self.window.len() - entries.bytes.len();
        (self.before, self.offset) = (entries.before, entries.offset);
        Some(entry)
    }

    /// Reads another part into the window.
    fn read_part(&mut self) -> io::Result<()> {
        self.window.drain(..self.used);
        self.used = 0;
        let (kept, length) = (self.window.len(), PART.min(self.rest.end - self.rest.start));
        self.window.resize(kept + length as usize, 0);
        let part = &mut self.window[kept..];
        read_exact(self.file, part, self.rest.start)?;
        self.rest.start += length;
        if let Some((hasher, _)) = &mut self.checksum {
            hasher.update(part);
        }
        Ok(())
    }

    /// Checks that all that was read were good entries.
    fn finish(&mut self) -> io::Result<()> {
        let Some((hasher, expected)) = self.checksum.take() else { return Ok(()) };
        let is_whole = self.used == self.window.len() && self.offset == self.end;
        match is_whole && hasher.finalize() == expected {
            true => Ok(()),
            false => Err(io::Error::new(ErrorKind::InvalidData, "the index is damaged")),
        }
    }
}

impl<F: File> Iterator for Stream<'_, F> {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<io::Result<Entry>> {
        loop {
            if let Some(entry) = self.take_entry() {
                return Some(Ok(entry));
            }
            if self.rest.is_empty() {
                return self.finish().err().map(Err);
            }
            if let Err(error) = self.read_part() {
                // Nothing follows an error.
                (self.rest.start, self.checksum) = (self.rest.end, None);
                return Some(Err(error));
            }
        }
    }
}

fn read_exact(file: &impl File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    match file.read_at(bytes, offset)? {
        length if length == bytes.len() => Ok(()),
        _ => Err(ErrorKind::UnexpectedEof.into()),
    }
}
