//! What is wrong with a segment, in words for people.

use std::{fmt, io};

use super::{Contents, Numbers};

/// Why nothing can be read from a file.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// Reading failed.
    Io(io::Error),
    /// The format has another version, perhaps a later one.
    UnknownVersion(u32),
    /// The file is a segment, but not the one that its name says.
    OtherNumbers(Numbers),
    /// Nothing in the file belongs to a segment of these numbers.
    NoSegment,
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot read it: {error}"),
            Self::UnknownVersion(version) => {
                write!(
                    f,
                    "it has version {version} of the format, which this program does not know"
                )
            }
            Self::OtherNumbers(numbers) => write!(f, "it was renamed, it is {numbers}"),
            Self::NoSegment => f.write_str("nothing in it belongs to this segment"),
        }
    }
}

impl std::error::Error for Unreadable {}

/// What was wrong with a segment that was read nevertheless.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Damage {
    pub(crate) head: bool,
    pub(crate) foot: bool,
    /// The index was rebuilt from the blocks.
    pub(crate) index: bool,
    /// How many bytes hold no good block where blocks should be. If the foot is lost, that includes
    /// the index.
    pub(crate) bytes: u64,
    /// What these bytes held, if it is known.
    pub(crate) lost: Option<Contents>,
}

impl Damage {
    /// Returns whether anything was wrong.
    pub(super) fn is_any(self) -> bool {
        self.head || self.foot || self.index
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [(self.head, "head"), (self.foot, "foot"), (self.index, "index")];
        let parts = parts.into_iter().filter_map(|(is_damaged, name)| is_damaged.then_some(name));
        write!(f, "damaged: {}", parts.collect::<Vec<_>>().join(", "))?;
        match self.lost {
            // Its neighbours may know.
            None => Ok(()),
            Some(lost) if lost == Contents::default() => f.write_str("; no samples are lost"),
            Some(Contents { samples, removals }) => {
                write!(f, "; {samples} samples and {removals} removals are lost")
            }
        }
    }
}
