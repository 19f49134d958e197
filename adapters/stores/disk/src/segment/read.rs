//! Reading what a segment holds: its foot and its index, or if these are damaged, all blocks.

use std::io;
use std::ops::Range;

use super::foot::{FOOT, Foot};
use super::head::{self, HEAD, Seed};
use super::rebuild::{self, Rebuilt};
use super::{Contents, Damage, Entries, Numbers, Totals, Unreadable};
use crate::File;

/// What a segment holds.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) contents: Contents,
    /// The totals of all segments that were written before; unknown if the foot is damaged.
    pub(crate) before: Option<Totals>,
    /// The oldest number that retention had left; unknown if the foot is damaged.
    pub(crate) oldest: Option<u64>,
    pub(crate) damage: Option<Damage>,
    index: Vec<u8>,
    gaps: Vec<Range<u64>>,
}

impl Segment {
    /// Returns what there is of each key, in the order of the keys.
    pub(crate) fn entries(&self) -> Entries<'_> {
        Entries::new(&self.index, &self.gaps)
    }
}

/// Reads the segment with these numbers. It takes as much memory as the index does in the file, a good one or one
/// that is made of the blocks.
///
/// If the index or the foot is damaged, the blocks are read, and what is lost is told.
///
/// # Errors
///
/// [`Unreadable`] if nothing can be read.
pub(crate) fn read(file: &impl File, numbers: Numbers) -> Result<Segment, Unreadable> {
    let seed = Seed::new(numbers);
    let head = head::check(&bytes(file, 0..HEAD as u64)?, numbers)?;
    let length = file.length()?;
    let end = length.saturating_sub(FOOT as u64);
    let foot = Foot::decode(&bytes(file, end..length)?, seed, end);
    let found = match foot {
        Some(foot) => with_foot(file, seed, foot, end)?,
        None => without_foot(file, seed, length)?,
    };
    if !head && foot.is_none() && found.contents == Contents::default() {
        return Err(Unreadable::NoSegment);
    }
    let damage = Damage { head: !head, foot: foot.is_none(), ..found.damage };
    Ok(Segment {
        contents: found.contents,
        before: foot.map(|foot| foot.before),
        oldest: foot.map(|foot| foot.oldest),
        damage: damage.is_any().then_some(damage),
        index: found.index,
        gaps: found.gaps,
    })
}

/// What was found in the index or in the blocks.
struct Found {
    index: Vec<u8>,
    gaps: Vec<Range<u64>>,
    contents: Contents,
    /// How the index and the blocks are damaged.
    damage: Damage,
}

fn with_foot(file: &impl File, seed: Seed, foot: Foot, end: u64) -> io::Result<Found> {
    // An index that cannot be read is as good as a damaged one.
    let index = index(file, seed, foot.index..end).ok().flatten();
    if let Some(found) = index.filter(|found| found.contents == foot.contents) {
        return Ok(found);
    }
    let rebuilt = rebuild::rebuild(file, seed, foot.index)?;
    let lost = foot.contents.less(rebuilt.contents);
    Ok(Found::rebuilt(rebuilt, foot.index, Some(lost)))
}

/// Looks for the index behind the last good block.
fn without_foot(file: &impl File, seed: Seed, length: u64) -> io::Result<Found> {
    let rebuilt = rebuild::rebuild(file, seed, length)?;
    let span = rebuilt.end..length.saturating_sub(FOOT as u64);
    // What follows may be all of a large file, so it is read to memory only if it is an index.
    let is_good = has_checksum(file, seed, span.clone()).unwrap_or(false);
    let index = if is_good { index(file, seed, span).ok().flatten() } else { None };
    Ok(index.unwrap_or_else(|| Found::rebuilt(rebuilt, length, None)))
}

/// Returns whether a span of a file begins with the checksum of the rest of it.
fn has_checksum(file: &impl File, seed: Seed, span: Range<u64>) -> io::Result<bool> {
    let mut hasher = seed.hasher(span.start);
    let begin = span.end.min(span.start + size_of::<u32>() as u64);
    let expected = bytes(file, span.start..begin)?;
    let mut at = begin;
    while at < span.end {
        let part = bytes(file, at..span.end.min(at + PART))?;
        if part.is_empty() {
            return Ok(false);
        }
        hasher.update(&part);
        at += part.len() as u64;
    }
    Ok(expected == hasher.finalize().to_le_bytes())
}

/// How many bytes are read at once.
const PART: u64 = 64 << 10;

impl Found {
    fn rebuilt(rebuilt: Rebuilt, end: u64, lost: Option<Contents>) -> Self {
        let Rebuilt { index, gaps, contents, .. } = rebuilt;
        let gap = |gap: &Range<u64>| gap.end - gap.start;
        let bytes = end.saturating_sub(rebuilt.end) + gaps.iter().map(gap).sum::<u64>();
        Self {
            index,
            gaps,
            contents,
            damage: Damage { index: true, bytes, lost, ..Damage::default() },
        }
    }
}

/// Reads and checks an index.
fn index(file: &impl File, seed: Seed, at: Range<u64>) -> io::Result<Option<Found>> {
    let start = at.start;
    let mut index = bytes(file, at)?;
    let Some((crc, entries)) = index.split_first_chunk() else { return Ok(None) };
    if seed.crc(start, entries) != u32::from_le_bytes(*crc) {
        return Ok(None);
    }
    index.drain(..size_of::<u32>());
    let contents = Entries::new(&index, &[]).check(start);
    let damage = Damage { lost: Some(Contents::default()), ..Damage::default() };
    Ok(contents.map(|contents| Found { index, gaps: Vec::new(), contents, damage }))
}

impl Contents {
    fn less(self, other: Self) -> Self {
        Self {
            samples: self.samples.saturating_sub(other.samples),
            removals: self.removals.saturating_sub(other.removals),
        }
    }
}

/// Reads the bytes of a span, less at the end of the file.
pub(super) fn bytes(file: &impl File, span: Range<u64>) -> io::Result<Vec<u8>> {
    let length = span.end.min(file.length()?).saturating_sub(span.start);
    let length = usize::try_from(length).map_err(|_| io::ErrorKind::OutOfMemory)?;
    let mut bytes = vec![0; length];
    let read = file.read_at(&mut bytes, span.start)?;
    bytes.truncate(read);
    Ok(bytes)
}
