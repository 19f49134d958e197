//! The index of a segment: for each key, what the segment has of it and where.
//!
//! An index in memory stays encoded, so it takes no more than it does in the file. A merge reads it a part
//! at a time instead.

mod stream;

use std::cmp::Ordering;
use std::ops::Range;

use metric_proto::{Key, Sample};

use super::block::{BLOCK, MAX_PAYLOAD, MAX_RUN};
use super::head::HEAD;
use super::integers::{put, put_signed, take, take_signed, take_varint};
use super::{Contents, Place, Run};

pub(super) use stream::Stream;

/// What a segment has of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// A key of the protocol.
    pub(crate) key: Vec<u8>,
    /// If the series was removed before the runs: the block that says so. Older segments have nothing
    /// of this key that counts.
    pub(crate) removal: Option<Place>,
    /// When the last put arrived, in seconds since 1970. If the index was rebuilt: when the last put
    /// arrived at the earliest.
    pub(crate) last_arrival: u32,
    /// In ascending order, without overlap. They are empty only if there is a mark.
    pub(crate) runs: Vec<Run>,
    /// The last sample of the last run.
    pub(crate) newest: Option<Sample>,
}

impl Entry {
    pub(super) fn new(key: &[u8], last_arrival: u32) -> Self {
        let key = key.to_vec();
        Self { key, removal: None, last_arrival, runs: Vec::new(), newest: None }
    }

    /// Adds a mark, which comes first and once.
    pub(super) fn remove(&mut self, mark: Place) -> Option<()> {
        let is_first = self.removal.is_none() && self.runs.is_empty();
        is_first.then(|| self.removal = Some(mark))
    }

    /// Adds a run, which comes after the runs so far.
    pub(super) fn add(&mut self, run: Run, newest: Sample) -> Option<()> {
        let is_next = self.runs.last().is_none_or(|before| before.last < run.first);
        is_next.then(|| {
            self.runs.push(run);
            self.newest = Some(newest);
        })
    }

    pub(super) fn contents(&self) -> Contents {
        let samples = self.runs.iter().map(|run| u64::from(run.count)).sum();
        Contents { samples, removals: self.removal.is_some().into() }
    }
}

/// What an entry is written as steps from.
#[derive(Clone, Debug, Default)]
struct Before {
    key: Vec<u8>,
    /// The first timestamp of the first run of the last key that had runs.
    first: i64,
    /// The arrival written last, of a mark or a run.
    arrival: u32,
    last_arrival: u32,
}

/// Encodes entries, the last of which may grow.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    bytes: Vec<u8>,
    before: Before,
    contents: Contents,
    entry: Option<Entry>,
}

impl Encoder {
    /// Returns the entry of a key: the last one or a new one; `None` if a larger key was before.
    pub(super) fn entry_of(&mut self, key: &[u8], last_arrival: u32) -> Option<&mut Entry> {
        match self.entry.as_ref().map(|entry| key.cmp(&entry.key)) {
            Some(Ordering::Less) => return None,
            Some(Ordering::Equal) => {}
            Some(Ordering::Greater) | None => {
                let before = self.entry.replace(Entry::new(key, last_arrival));
                before.into_iter().for_each(|entry| self.push(entry));
            }
        }
        self.entry.as_mut()
    }

    /// Returns the last entry.
    pub(super) fn entry(&mut self) -> Option<&mut Entry> {
        self.entry.as_mut()
    }

    /// Returns all entries encoded, and what they hold in total.
    pub(super) fn finish(mut self) -> (Vec<u8>, Contents) {
        let last = self.entry.take();
        last.into_iter().for_each(|entry| self.push(entry));
        (self.bytes, self.contents)
    }

    /// Encodes an entry, unless it is empty.
    fn push(&mut self, entry: Entry) {
        if entry.removal.is_none() && entry.runs.is_empty() {
            return;
        }
        let (bytes, before) = (&mut self.bytes, &mut self.before);
        put_key(&before.key, &entry.key, bytes);
        put((entry.runs.len() as u64) << 1 | u64::from(entry.removal.is_some()), bytes);
        put_step(&mut before.last_arrival, entry.last_arrival, bytes);
        if let Some(mark) = entry.removal {
            put_step(&mut before.arrival, mark.arrival, bytes);
        }
        let mut last = None;
        for run in &entry.runs {
            match last {
                None => put_signed(run.first.wrapping_sub(before.first), bytes),
                Some(last) => put(run.first.wrapping_sub(last) as u64, bytes),
            }
            put(run.last.wrapping_sub(run.first) as u64, bytes);
            put(run.count.into(), bytes);
            put((usize::from(run.length) - BLOCK - entry.key.len()) as u64, bytes);
            put_step(&mut before.arrival, run.arrival, bytes);
            last = Some(run.last);
        }
        if let (Some(run), Some(newest)) = (entry.runs.first(), entry.newest) {
            bytes.extend(newest.value().to_le_bytes());
            before.first = run.first;
        }
        self.contents.add(entry.contents());
        before.key = entry.key;
    }
}

fn put_key(before: &[u8], key: &[u8], bytes: &mut Vec<u8>) {
    let shared = before.iter().zip(key).take_while(|(one, other)| one == other).count();
    put(shared as u64, bytes);
    put((key.len() - shared) as u64, bytes);
    bytes.extend(&key[shared..]);
}

impl Contents {
    pub(super) fn add(&mut self, other: Self) {
        self.samples += other.samples;
        self.removals += other.removals;
    }
}

fn put_step(before: &mut u32, next: u32, bytes: &mut Vec<u8>) {
    put_signed(i64::from(next) - i64::from(*before), bytes);
    *before = next;
}

fn take_step(before: &mut u32, bytes: &mut &[u8]) -> Option<u32> {
    *before = u32::try_from(i64::from(*before).checked_add(take_signed(bytes)?)?).ok()?;
    Some(*before)
}

/// Decodes entries; ends early at bytes that are none.
#[derive(Debug)]
pub(crate) struct Entries<'a> {
    bytes: &'a [u8],
    before: Before,
    /// Where the next block begins, unless a gap does.
    offset: u64,
    /// Spans of the file that hold no good block, in ascending order.
    gaps: &'a [Range<u64>],
}

impl<'a> Entries<'a> {
    pub(super) fn new(bytes: &'a [u8], gaps: &'a [Range<u64>]) -> Self {
        Self { bytes, before: Before::default(), offset: HEAD as u64, gaps }
    }

    /// Returns what there is in total, if the bytes are entries and their blocks end at `end`.
    pub(super) fn check(mut self, end: u64) -> Option<Contents> {
        let mut contents = Contents::default();
        self.by_ref().for_each(|entry| contents.add(entry.contents()));
        (self.bytes.is_empty() && self.offset == end).then_some(contents)
    }

    fn take_entry(&mut self) -> Option<Entry> {
        self.take_key()?;
        let header = take_varint(&mut self.bytes)?;
        let last_arrival = take_step(&mut self.before.last_arrival, &mut self.bytes)?;
        let mut entry = Entry::new(&self.before.key, last_arrival);
        if header & 1 == 1 {
            let arrival = take_step(&mut self.before.arrival, &mut self.bytes)?;
            let length = (BLOCK + entry.key.len()) as u16;
            entry.removal = Some(Place { offset: self.place(length)?, length, arrival });
        }
        // The number is not trusted with an allocation.
        for _ in 0..header >> 1 {
            let run = self.take_run(entry.key.len(), entry.runs.last())?;
            entry.runs.push(run);
        }
        if let (Some(first), Some(last)) = (entry.runs.first(), entry.runs.last()) {
            let value = f64::from_le_bytes(take(&mut self.bytes)?);
            entry.newest = Some(Sample::new(value, last.last).ok()?);
            self.before.first = first.first;
        }
        (header > 0).then_some(entry)
    }

    /// Takes the key into what is before the next.
    fn take_key(&mut self) -> Option<()> {
        let shared = usize::try_from(take_varint(&mut self.bytes)?).ok()?;
        let rest = usize::try_from(take_varint(&mut self.bytes)?).ok()?;
        let (rest, bytes) = self.bytes.split_at_checked(rest)?;
        let is_larger = rest > self.before.key.get(shared..)?;
        self.before.key.truncate(shared);
        self.before.key.extend(rest);
        self.bytes = bytes;
        (is_larger && Key::from_bytes(&self.before.key).is_ok()).then_some(())
    }

    fn take_run(&mut self, key: usize, before: Option<&Run>) -> Option<Run> {
        let first = match before {
            None => self.before.first.wrapping_add(take_signed(&mut self.bytes)?),
            Some(before) => {
                let step = take_varint(&mut self.bytes)?;
                before.last.checked_add_unsigned(step).filter(|_| step > 0)?
            }
        };
        let last = first.checked_add_unsigned(take_varint(&mut self.bytes)?)?;
        let count = take_bounded(&mut self.bytes, MAX_RUN)?;
        let length = take_bounded(&mut self.bytes, MAX_PAYLOAD)? + (BLOCK + key) as u16;
        let arrival = take_step(&mut self.before.arrival, &mut self.bytes)?;
        Some(Run { first, last, offset: self.place(length)?, arrival, length, count })
    }

    /// Returns the place of the next block.
    fn place(&mut self, length: u16) -> Option<u64> {
        if let Some((gap, rest)) = self.gaps.split_first()
            && gap.start == self.offset
        {
            (self.offset, self.gaps) = (gap.end, rest);
        }
        let offset = self.offset;
        self.offset = offset.checked_add(length.into())?;
        Some(offset)
    }
}

/// Takes a number of at least 1.
fn take_bounded(bytes: &mut &[u8], most: usize) -> Option<u16> {
    let number = u16::try_from(take_varint(bytes)?).ok()?;
    (1..=most).contains(&number.into()).then_some(number)
}

impl Iterator for Entries<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        if self.bytes.is_empty() {
            return None;
        }
        let bytes = self.bytes;
        let entry = self.take_entry();
        if entry.is_none() {
            // So that `check` sees that not all was decoded, whatever was taken.
            self.bytes = bytes;
        }
        entry
    }
}
