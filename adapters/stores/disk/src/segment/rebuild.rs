//! Rebuilding an index from the blocks of a segment.

use std::io;
use std::ops::Range;

use metric_proto::Sample;

use super::block::{self, MAX_BLOCK};
use super::head::{HEAD, Seed};
use super::index::Encoder;
use super::read::bytes;
use super::{Block, Content, Contents, Run};
use crate::File;

/// What good blocks say.
pub(super) struct Rebuilt {
    /// The entries, encoded.
    pub(super) index: Vec<u8>,
    /// The spans between good blocks, in ascending order.
    pub(super) gaps: Vec<Range<u64>>,
    /// Where the last good block ends.
    pub(super) end: u64,
    pub(super) contents: Contents,
}

/// Finds all good blocks before `end`, and what they say. Behind a damaged one, every offset is
/// tried, since its length may be what is damaged.
pub(super) fn rebuild(file: &impl File, seed: Seed, end: u64) -> io::Result<Rebuilt> {
    let end = end.min(file.length()?);
    let mut window = Window { file, end, start: 0, bytes: Vec::new() };
    let mut blocks = Blocks { end: HEAD as u64, ..Blocks::default() };
    let mut offset = HEAD as u64;
    while offset < end {
        let block = Block::find(window.at(offset)?, seed, offset);
        let found = block.and_then(|block| blocks.push(block, offset));
        let Some(next) = found.or(offset.checked_add(1)) else { break };
        offset = next;
    }
    Ok(blocks.finish())
}

/// The blocks found so far.
#[derive(Default)]
struct Blocks {
    index: Encoder,
    gaps: Vec<Range<u64>>,
    end: u64,
    samples: Vec<Sample>,
}

impl Blocks {
    /// Adds a block if it belongs behind those so far. Returns where it ends.
    fn push(&mut self, block: Block<'_>, offset: u64) -> Option<u64> {
        let place = block.place(offset);
        let end = offset.checked_add(place.length.into())?;
        let run = match block.content {
            Content::Removal => None,
            Content::Run(payload) => {
                self.samples.clear();
                block::decode(payload, &mut self.samples).ok()?;
                Some((Run::new(&self.samples, place)?, *self.samples.last()?))
            }
        };
        let entry = self.index.entry_of(block.key.as_bytes(), place.arrival)?;
        match run {
            None => entry.remove(place)?,
            Some((run, newest)) => entry.add(run, newest)?,
        }
        entry.last_arrival = place.arrival.max(entry.last_arrival);
        if self.end < offset {
            self.gaps.push(self.end..offset);
        }
        self.end = end;
        Some(end)
    }

    fn finish(self) -> Rebuilt {
        let (index, contents) = self.index.finish();
        Rebuilt { index, gaps: self.gaps, end: self.end, contents }
    }
}

/// A part of the file in memory.
struct Window<'a, F> {
    file: &'a F,
    end: u64,
    start: u64,
    bytes: Vec<u8>,
}

/// How many bytes are read at once.
const WINDOW: u64 = 256 * 1_024;

impl<F: File> Window<'_, F> {
    /// Returns the bytes from an offset on, as many as the longest block takes or more, but none
    /// behind the end. The offset does not decrease from call to call.
    fn at(&mut self, offset: u64) -> io::Result<&[u8]> {
        let needed = self.end.min(offset + MAX_BLOCK as u64);
        if self.start + (self.bytes.len() as u64) < needed {
            self.bytes = bytes(self.file, offset..self.end.min(offset + WINDOW))?;
            self.start = offset;
        }
        Ok(self.bytes.get((offset - self.start) as usize..).unwrap_or_default())
    }
}
