//! What is lost where a log has something that is no good frame, in words for people.
//!
//! What follows is read: frames do not refer to each other, and the number of a series means the same in the
//! whole log. So it is if the power failed after a system had written a later part of the log and not an earlier
//! one: what is missing was not safe yet, and what is there is as good as the other logs behind this one.

use std::{fmt, io};

use crate::File;
use crate::frames::{End, Frames, Next};
use crate::record::{Decoder, Record};
use crate::tail::{is_incomplete, is_unwritten, used_after};

/// What stands in a log at the place of a frame, and is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Whether a write was not completed; else bytes that were once written have changed.
    pub(crate) is_torn: bool,
    /// Where the frames go on; `None` if nothing else is read.
    pub(crate) next: Option<u64>,
    at: u64,
    bytes: u64,
    /// The puts in good frames.
    puts: u64,
}

/// How many damaged spans of a log are passed at most: each takes a search.
const SPANS: usize = 16;

impl Lost {
    /// Finds out what is lost where the frames of a log have ended; `None` if nothing is.
    pub(crate) fn find(frames: &mut Frames<'_, impl File>, end: End) -> io::Result<Option<Self>> {
        let (file, salt) = (frames.file(), frames.salt());
        let (at, good) = match end {
            End::Clean { .. } => return Ok(None),
            End::Torn { at } => (at, None),
            End::Damaged { at, next } => (at, next),
        };
        let is_torn = match good {
            Some(next) => is_unwritten(file, at, next)?,
            None => matches!(end, End::Torn { .. }) && is_incomplete(file, salt, at)?,
        };
        let next = good.filter(|_| frames.gaps() < SPANS);
        let (bytes, puts) = match next {
            Some(next) => (next - at, 0),
            None => (used_after(file, at)?, count_puts(frames, good)?),
        };
        Ok(Some(Self { is_torn, next, at, bytes, puts }))
    }
}

/// Returns whether bytes of a log have changed that were once written.
pub(crate) fn is_damaged(mut frames: Frames<'_, impl File>) -> io::Result<bool> {
    loop {
        let end = match frames.next()? {
            Next::Frame(_) => continue,
            Next::End(end) => end,
        };
        match Lost::find(&mut frames, end)? {
            Some(Lost { is_torn: true, next: Some(next), .. }) => frames.go_on_at(next),
            lost => return Ok(lost.is_some_and(|lost| !lost.is_torn)),
        }
    }
}

/// Says what a malformed record takes, in the good frame that has just been read, and where the frames go on; `None`
/// if nothing else is read.
pub(crate) fn malformed(frames: &Frames<'_, impl File>) -> io::Result<(String, Option<u64>)> {
    let at = frames.at();
    let (lost, next) = match frames.gaps() < SPANS {
        true => ("those behind it in its frame".to_owned(), Some(at)),
        false => (format!("the {} bytes from there on", used_after(frames.file(), at)?), None),
    };
    Ok((format!("a record before byte {at} is malformed; it and {lost} are lost"), next))
}

/// Counts the puts in the good frames from an offset on.
fn count_puts(frames: &mut Frames<'_, impl File>, mut from: Option<u64>) -> io::Result<u64> {
    let mut puts = 0;
    for _ in 0..SPANS {
        let Some(at) = from else { break };
        frames.go_on_at(at);
        from = loop {
            match frames.next()? {
                Next::Frame(records) => puts += puts_in(records),
                Next::End(End::Damaged { next, .. }) => break next,
                Next::End(_) => break None,
            }
        };
    }
    Ok(puts)
}

fn puts_in(mut records: &[u8]) -> u64 {
    let mut decoder = Decoder::default();
    let next = || decoder.next(&mut records).ok().flatten().map(|record| record.is_put());
    std::iter::from_fn(next).filter(|is_put| *is_put).count() as u64
}

impl Record<'_> {
    fn is_put(self) -> bool {
        matches!(self, Self::Put { .. })
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { is_torn, next, at, bytes, puts } = self;
        if *is_torn {
            let which = if next.is_some() { "a" } else { "the last" };
            return write!(
                f,
                "{which} write, at byte {at}, was not completed; its {bytes} bytes are lost"
            );
        }
        if next.is_some() {
            return write!(
                f,
                "damaged at byte {at}: {bytes} bytes are lost, with the puts in them"
            );
        }
        write!(f, "damaged at byte {at}: the {bytes} bytes from there on are lost, with ")?;
        match puts {
            0 => f.write_str("an unknown number of puts"),
            puts => write!(f, "{puts} puts and those in the damaged bytes"),
        }
    }
}
