//! Checking all blocks of a segment, for people.

use std::fmt;

use super::read::bytes;
use super::{Block, Content, Contents, Entry, Numbers, Place, Run, Segment, samples};
use crate::File;

/// What a check found.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// What was found in good blocks.
    pub(crate) contents: Contents,
    /// The blocks that are damaged or not as the index says.
    pub(crate) bad: Vec<BadBlock>,
}

/// A block that is damaged or not as the index says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadBlock {
    pub(crate) key: Vec<u8>,
    pub(crate) place: Place,
    /// The run that is lost; `None` if the block marks a removal, which the index still has.
    pub(crate) run: Option<Run>,
}

impl fmt::Display for BadBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, place, run } = self;
        let Place { offset, length, .. } = place;
        let key = String::from_utf8_lossy(key);
        write!(f, "damaged: {length} bytes from byte {offset} on: {key}, ")?;
        match run {
            None => f.write_str("a removal"),
            Some(Run { first, last, count, .. }) => {
                write!(f, "{count} samples from {first} to {last}; older values of them may show")
            }
        }
    }
}

/// Reads and decodes all blocks of a segment, and compares them with the index.
pub(crate) fn check(file: &impl File, numbers: Numbers, segment: &Segment) -> Checked {
    let mut checked = Checked::default();
    for entry in segment.entries() {
        checked.check_entry(file, numbers, &entry);
    }
    checked
}

impl Checked {
    fn check_entry(&mut self, file: &impl File, numbers: Numbers, entry: &Entry) {
        let key = &entry.key;
        if let Some(mark) = entry.removal {
            match is_good_mark(&block(file, mark), numbers, entry) {
                true => self.contents.removals += 1,
                false => self.bad.push(BadBlock { key: key.clone(), place: mark, run: None }),
            }
        }
        for &run in &entry.runs {
            let place = run.place();
            let newest = entry.newest.filter(|newest| newest.timestamp() == run.last);
            match samples(&block(file, place), numbers, &run, Some(key)) {
                Ok(samples) if newest.is_none() || samples.last() == newest.as_ref() => {
                    self.contents.samples += samples.len() as u64;
                }
                _ => self.bad.push(BadBlock { key: key.clone(), place, run: Some(run) }),
            }
        }
    }
}

fn is_good_mark(block: &[u8], numbers: Numbers, entry: &Entry) -> bool {
    entry.removal.is_some_and(|mark| {
        Block::decode(block, numbers, mark.offset).is_ok_and(|found| {
            let is_removal = matches!(found.content, Content::Removal);
            is_removal && found.key.as_bytes() == entry.key && found.place(mark.offset) == mark
        })
    })
}

/// Reads a block; what cannot be read is damaged.
fn block(file: &impl File, place: Place) -> Vec<u8> {
    let start = place.offset;
    bytes(file, start..start + u64::from(place.length)).unwrap_or_default()
}
