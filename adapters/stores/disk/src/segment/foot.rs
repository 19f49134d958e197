//! The foot of a segment: where the index is, and totals that tell what a lost file held.

use super::head::Seed;
use super::integers::take;

/// The length of the foot.
pub(super) const FOOT: usize = 56;

const MAGIC: [u8; 8] = *b"SegFoot\n";

/// What is in one segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) samples: u64,
    pub(crate) removals: u32,
}

/// What was ever written to segments, up to some segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) samples: u64,
    /// The lengths of the files.
    pub(crate) bytes: u64,
}

impl Totals {
    /// Returns the totals with another segment.
    pub(crate) fn and(self, contents: Contents, bytes: u64) -> Self {
        Self {
            samples: self.samples.saturating_add(contents.samples),
            bytes: self.bytes.saturating_add(bytes),
        }
    }

    /// Returns what was written since other totals.
    pub(crate) fn less(self, before: Self) -> Self {
        Self {
            samples: self.samples.saturating_sub(before.samples),
            bytes: self.bytes.saturating_sub(before.bytes),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Foot {
    /// Where the index begins.
    pub(super) index: u64,
    pub(super) contents: Contents,
    /// The totals before this segment.
    pub(super) before: Totals,
    /// The oldest number that retention had left.
    pub(super) oldest: u64,
}

impl Foot {
    /// Appends the foot, which begins at `offset` of the file.
    pub(super) fn encode(&self, seed: Seed, offset: u64, bytes: &mut Vec<u8>) {
        let start = bytes.len();
        bytes.extend(self.index.to_le_bytes());
        bytes.extend(self.contents.samples.to_le_bytes());
        bytes.extend(self.contents.removals.to_le_bytes());
        bytes.extend(self.before.samples.to_le_bytes());
        bytes.extend(self.before.bytes.to_le_bytes());
        bytes.extend(self.oldest.to_le_bytes());
        bytes.extend(MAGIC);
        bytes.extend(seed.crc(offset, &bytes[start..]).to_le_bytes());
    }

    /// Decodes the foot that begins at `offset` of the file.
    pub(super) fn decode(bytes: &[u8], seed: Seed, offset: u64) -> Option<Self> {
        let (covered, mut crc) = bytes.split_at_checked(FOOT - size_of::<u32>())?;
        let mut rest = covered.strip_suffix(&MAGIC)?;
        let is_good = seed.crc(offset, covered) == u32::from_le_bytes(take(&mut crc)?);
        let index = u64::from_le_bytes(take(&mut rest)?);
        let samples = u64::from_le_bytes(take(&mut rest)?);
        let removals = u32::from_le_bytes(take(&mut rest)?);
        let before = Totals {
            samples: u64::from_le_bytes(take(&mut rest)?),
            bytes: u64::from_le_bytes(take(&mut rest)?),
        };
        let oldest = u64::from_le_bytes(take(&mut rest)?);
        let foot = Self { index, contents: Contents { samples, removals }, before, oldest };
        is_good.then_some(foot)
    }
}
