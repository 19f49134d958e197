//! The index of a segment that is merged. It is not held in memory, unless it is damaged.

use std::io;
use std::ops::Range;

use super::foot::{FOOT, Foot};
use super::head::Seed;
use super::index::Stream;
use super::read::{bytes, read};
use super::{Entry, Numbers, Segment};
use crate::File;

/// The index of a segment.
#[derive(Debug)]
pub(crate) enum Index<'a, F> {
    /// It was good when it was looked at, and is read again, a part at a time.
    Streamed { file: &'a F, numbers: Numbers, span: Range<u64>, samples: u64 },
    /// It or the foot is damaged: what the blocks say.
    Rebuilt(Segment),
}

impl<'a, F: File> Index<'a, F> {
    /// Looks at the index of a segment.
    ///
    /// # Errors
    ///
    /// If nothing can be read.
    pub(crate) fn open(file: &'a F, numbers: Numbers) -> io::Result<Self> {
        match Self::streamed(file, numbers) {
            // What cannot be read is as good as damaged.
            Ok(Some(index)) => Ok(index),
            _ => Ok(Self::Rebuilt(read(file, numbers).map_err(io::Error::other)?)),
        }
    }

    /// Returns the index if it is good.
    fn streamed(file: &'a F, numbers: Numbers) -> io::Result<Option<Self>> {
        let seed = Seed::new(numbers);
        let length = file.length()?;
        let end = length.saturating_sub(FOOT as u64);
        let Some(foot) = Foot::decode(&bytes(file, end..length)?, seed, end) else {
            return Ok(None);
        };
        let (span, samples) = (foot.index..end, foot.contents.samples);
        let contents = Stream::new(file, seed, span.clone())?.check()?;
        Ok((contents == foot.contents).then_some(Self::Streamed { file, numbers, span, samples }))
    }

    /// Returns the number of samples.
    pub(crate) fn samples(&self) -> u64 {
        match self {
            Self::Streamed { samples, .. } => *samples,
            Self::Rebuilt(segment) => segment.contents.samples,
        }
    }

    /// Returns what there is of each key, in the order of the keys.
    ///
    /// # Errors
    ///
    /// If the beginning of the index cannot be read.
    pub(crate) fn entries(&self) -> io::Result<Box<dyn Iterator<Item = io::Result<Entry>> + '_>> {
        Ok(match self {
            Self::Streamed { file, numbers, span, .. } => {
                Box::new(Stream::new(*file, Seed::new(*numbers), span.clone())?)
            }
            Self::Rebuilt(segment) => Box::new(segment.entries().map(Ok)),
        })
    }
}
