//! Why bytes are no chunk.

use core::fmt;

/// Bytes that are no chunk, or none that this version of the library knows.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// They are of another version of the format, perhaps a newer one.
    UnknownVersion(u8),
    /// They end within the chunk.
    Truncated,
    /// They contradict themselves, or go on behind the chunk.
    Inconsistent,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownVersion(version) => write!(f, "a chunk of the unknown version {version}"),
            Self::Truncated => f.write_str("a chunk that is cut off"),
            Self::Inconsistent => f.write_str("a chunk that contradicts itself"),
        }
    }
}

impl core::error::Error for DecodeError {}
