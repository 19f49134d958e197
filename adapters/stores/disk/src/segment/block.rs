//! A block of a segment: a run of samples of one series, or the mark that it was removed.

use metric_chunk::{Chunk, DecodeError};
use metric_proto::{Key, LONGEST_KEY, Sample};

use super::Numbers;
use super::head::Seed;
use super::integers::take;

/// The maximum number of samples in a run: enough to make the index small, and few enough to read
/// and decode in some 20 microseconds.
pub(crate) const MAX_RUN: usize = 1_024;

/// The length of what stands before the key.
pub(super) const BLOCK: usize = 4 + 1 + 2 + 2 + 4;

/// The longest payload. Each sample in a chunk of its own takes less: 22 bytes, and 2 of its length.
pub(super) const MAX_PAYLOAD: usize = MAX_RUN * (28 + 2);

/// The longest block.
pub(super) const MAX_BLOCK: usize = BLOCK + LONGEST_KEY + MAX_PAYLOAD;

const RUN: u8 = 1;
const REMOVAL: u8 = 2;

/// Where a run is, and what the index says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The timestamps of the first and the last sample.
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// Where its block begins.
    pub(crate) offset: u64,
    /// When the oldest of its samples arrived, in seconds since 1970.
    pub(crate) arrival: u32,
    /// The length of its block in bytes.
    pub(crate) length: u16,
    /// The number of samples, 1 to [`MAX_RUN`].
    pub(crate) count: u16,
}

impl Run {
    /// Returns what the index says about a block with these samples, if there are any.
    pub(super) fn new(samples: &[Sample], place: Place) -> Option<Self> {
        let Place { offset, length, arrival } = place;
        let (first, last) = (samples.first()?.timestamp(), samples.last()?.timestamp());
        Some(Self { first, last, offset, arrival, length, count: samples.len() as u16 })
    }

    /// Returns where the block is.
    pub(crate) fn place(&self) -> Place {
        Place { offset: self.offset, length: self.length, arrival: self.arrival }
    }

    /// Returns whether these chunks, which are not decoded, begin as it says and have as many samples.
    fn may_have(&self, chunks: &[&[u8]]) -> Result<bool, DecodeError> {
        let chunks: Vec<_> =
            chunks.iter().map(|chunk| Chunk::new(chunk)).collect::<Result<_, _>>()?;
        let samples: usize = chunks.iter().map(|chunk| chunk.len()).sum();
        Ok(samples == self.count.into()
            && chunks.first().is_some_and(|chunk| chunk.first() == self.first)
            && chunks.is_sorted_by(|one, next| one.first() < next.first())
            && chunks.last().is_some_and(|chunk| chunk.first() <= self.last))
    }
}

/// Where a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) offset: u64,
    pub(crate) length: u16,
    /// When its oldest sample arrived, or the removal, in seconds since 1970.
    pub(crate) arrival: u32,
}

/// Bytes that are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Damaged;

impl From<DecodeError> for Damaged {
    fn from(_: DecodeError) -> Self {
        Self
    }
}

/// A block whose checksum is right.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'a> {
    pub(crate) key: Key<'a>,
    pub(crate) arrival: u32,
    pub(crate) content: Content<'a>,
}

/// What a block says about its series.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content<'a> {
    /// It got samples: chunks, each after its length.
    Run(&'a [u8]),
    /// It was removed, so older segments have nothing of it that counts.
    Removal,
}

impl<'a> Block<'a> {
    /// Decodes the block that begins at `offset` of the file. Bytes may follow it.
    pub(crate) fn decode(bytes: &'a [u8], numbers: Numbers, offset: u64) -> Result<Self, Damaged> {
        Self::find(bytes, Seed::new(numbers), offset).ok_or(Damaged)
    }

    /// Checks what is cheap first, since rebuilding an index tries all offsets of a damaged block.
    pub(super) fn find(bytes: &'a [u8], seed: Seed, offset: u64) -> Option<Self> {
        let mut rest = bytes;
        let crc = u32::from_le_bytes(take(&mut rest)?);
        let [kind] = take(&mut rest)?;
        let key_length = usize::from(u16::from_le_bytes(take(&mut rest)?));
        let length = usize::from(u16::from_le_bytes(take(&mut rest)?));
        let content: fn(&'a [u8]) -> Content<'a> = match kind {
            RUN if length <= MAX_PAYLOAD => Content::Run,
            REMOVAL if length == 0 => |_| Content::Removal,
            _ => return None,
        };
        let arrival = u32::from_le_bytes(take(&mut rest)?);
        let (key, rest) = rest.split_at_checked(key_length)?;
        let (payload, _) = rest.split_at_checked(length)?;
        let key = Key::from_bytes(key).ok()?;
        let covered = bytes.get(size_of_val(&crc)..BLOCK + key_length + length)?;
        (seed.crc(offset, covered) == crc).then_some(())?;
        Some(Self { key, arrival, content: content(payload) })
    }

    /// Appends the block, which begins at `offset` of the file.
    pub(super) fn encode(&self, seed: Seed, offset: u64, bytes: &mut Vec<u8>) {
        let (kind, payload) = match self.content {
            Content::Run(payload) => (RUN, payload),
            Content::Removal => (REMOVAL, &[][..]),
        };
        let start = bytes.len();
        bytes.extend([0; 4]);
        bytes.push(kind);
        bytes.extend((self.key.as_bytes().len() as u16).to_le_bytes());
        bytes.extend((payload.len() as u16).to_le_bytes());
        bytes.extend(self.arrival.to_le_bytes());
        bytes.extend(self.key.as_bytes());
        bytes.extend(payload);
        let crc = seed.crc(offset, &bytes[start + 4..]);
        bytes[start..start + 4].copy_from_slice(&crc.to_le_bytes());
    }

    /// Returns the place of the block, which begins at `offset` of the file.
    pub(super) fn place(&self, offset: u64) -> Place {
        let payload = match self.content {
            Content::Run(payload) => payload.len(),
            Content::Removal => 0,
        };
        let length = BLOCK + self.key.as_bytes().len() + payload;
        Place { offset, length: length as u16, arrival: self.arrival }
    }
}

/// Returns the samples of a block, if the checksum, the key and what the index says are right. Bytes
/// may follow the block.
pub(crate) fn samples(
    block: &[u8],
    numbers: Numbers,
    run: &Run,
    key: Option<&[u8]>,
) -> Result<Vec<Sample>, Damaged> {
    let found = Block::decode(block, numbers, run.offset)?;
    let Content::Run(payload) = found.content else { return Err(Damaged) };
    let mut samples = Vec::with_capacity(MAX_RUN.min(run.count.into()));
    decode(payload, &mut samples)?;
    let is_as_told = key.is_none_or(|key| key == found.key.as_bytes())
        && Run::new(&samples, found.place(run.offset)) == Some(*run);
    is_as_told.then_some(samples).ok_or(Damaged)
}

/// Returns the chunks of a block, if its checksum is right, it is where the index says, and what that says of the
/// number of samples and of the first is true. Bytes may follow the block.
pub(crate) fn run_chunks<'a>(
    block: &'a [u8],
    numbers: Numbers,
    run: &Run,
) -> Result<Vec<&'a [u8]>, Damaged> {
    let found = Block::decode(block, numbers, run.offset)?;
    let Content::Run(payload) = found.content else { return Err(Damaged) };
    let chunks = chunks(payload)?;
    let is_as_told = found.place(run.offset) == run.place() && run.may_have(&chunks)?;
    is_as_told.then_some(chunks).ok_or(Damaged)
}

/// Encodes a payload: chunks, each after its length.
pub(super) fn encode(chunks: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut payload = Vec::new();
    for chunk in chunks.iter().map(AsRef::as_ref) {
        let length = u16::try_from(chunk.len()).expect("a chunk takes few bytes");
        payload.extend(length.to_le_bytes());
        payload.extend(chunk);
    }
    payload
}

/// Appends the samples of a payload, if they are in order and not more than [`MAX_RUN`].
pub(super) fn decode(payload: &[u8], samples: &mut Vec<Sample>) -> Result<(), Damaged> {
    for chunk in chunks(payload)? {
        let chunk = Chunk::new(chunk)?;
        if samples.len() + chunk.len() > MAX_RUN {
            return Err(Damaged);
        }
        let last = samples.last().map(|sample| sample.timestamp());
        if last.is_some_and(|last| last >= chunk.first()) {
            return Err(Damaged);
        }
        chunk.decode_to(samples)?;
    }
    Ok(())
}

/// Splits a payload into chunks.
pub(crate) fn chunks(mut payload: &[u8]) -> Result<Vec<&[u8]>, Damaged> {
    let mut chunks = Vec::new();
    while !payload.is_empty() {
        let length = u16::from_le_bytes(take(&mut payload).ok_or(Damaged)?);
        let (chunk, rest) = payload.split_at_checked(length.into()).ok_or(Damaged)?;
        chunks.push(chunk);
        payload = rest;
    }
    Ok(chunks)
}
