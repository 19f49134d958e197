//! Checking a whole segment, for people.

use std::fmt;

use super::read::bytes;
use super::{
    Block, Content, Contents, Damage, Entry, Numbers, Place, Run, Unreadable, read, samples,
};
use crate::File;

/// What a check found.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) keys: u64,
    /// What was found in good blocks.
    pub(crate) contents: Contents,
    /// What was wrong with the head, the index or the foot.
    pub(crate) damage: Option<Damage>,
    /// The blocks that are damaged or not as the index says.
    pub(crate) bad: Vec<BadBlock>,
}

impl Report {
    pub(crate) fn is_good(&self) -> bool {
        self.damage.is_none() && self.bad.is_empty()
    }
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
        write!(f, "the block at {} is damaged: {}, ", place.offset, String::from_utf8_lossy(key))?;
        match run {
            None => f.write_str("a removal"),
            Some(Run { first, last, count, .. }) => {
                write!(f, "{count} samples from {first} to {last}")
            }
        }
    }
}

/// Reads and decodes all of a segment, and compares the blocks with the index and the foot.
///
/// # Errors
///
/// [`Unreadable`] if nothing can be read.
pub(crate) fn check(file: &impl File, numbers: Numbers) -> Result<Report, Unreadable> {
    let segment = read(file, numbers)?;
    let (keys, contents) = (0, Contents::default());
    let mut report = Report { keys, contents, damage: segment.damage, bad: Vec::new() };
    for entry in segment.entries() {
        report.keys += 1;
        report.check_entry(file, numbers, &entry);
    }
    Ok(report)
}

impl Report {
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
    let start = u64::from(place.offset);
    bytes(file, start..start + u64::from(place.length)).unwrap_or_default()
}
