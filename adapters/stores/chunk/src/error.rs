//! The errors of decoding.

use core::fmt;

/// Why bytes are not a chunk, or not one that this version of the library knows.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The chunk has another version of the format, perhaps a newer one.
    UnknownVersion(u8),
    /// The bytes end within the chunk.
    Truncated,
    /// The chunk contradicts itself, or bytes follow it.
    Inconsistent,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownVersion(version) => write!(f, "the chunk has unknown version {version}"),
            Self::Truncated => f.write_str("the chunk is truncated"),
            Self::Inconsistent => f.write_str("the chunk is inconsistent"),
        }
    }
}

impl core::error::Error for DecodeError {}
