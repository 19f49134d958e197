//! Why something that a peer sent is not stored.

use std::fmt;

/// Why a sample, or what should have held samples, is not stored.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A line, or an item of a list, does not have the parts that it must have.
    Form,
    /// The path is no key.
    Path,
    /// The tags of a path are no tags, or name one twice.
    Tags,
    /// The value is no number.
    Value,
    /// The value is not finite.
    NotFinite,
    /// The time is no number.
    Time,
    /// The time is too far away for the unit of the server.
    TooFar,
    /// The key is longer than the server allows.
    LongKey,
    /// The line is longer than the server allows.
    LongLine,
    /// The connection ended within a line or a frame.
    Cut,
    /// The connection began with a request of HTTP.
    Http,
    /// A frame is no pickle of samples. The connection ended.
    Frame,
}

impl Fault {
    /// All faults.
    pub const ALL: [Self; 12] = [
        Self::Form,
        Self::Path,
        Self::Tags,
        Self::Value,
        Self::NotFinite,
        Self::Time,
        Self::TooFar,
        Self::LongKey,
        Self::LongLine,
        Self::Cut,
        Self::Http,
        Self::Frame,
    ];

    /// Returns a word for it, for labels of metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Path => "path",
            Self::Tags => "tags",
            Self::Value => "value",
            Self::NotFinite => "not_finite",
            Self::Time => "time",
            Self::TooFar => "too_far",
            Self::LongKey => "long_key",
            Self::LongLine => "long_line",
            Self::Cut => "cut",
            Self::Http => "http",
            Self::Frame => "frame",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "a line or an item does not have the parts that it must have",
            Self::Path => "a path is no key: it takes UTF-8 without white space",
            Self::Tags => "tags are not ;name=value, or one is there twice",
            Self::Value => "a value is no number",
            Self::NotFinite => "a value is not finite",
            Self::Time => "a time is no number",
            Self::TooFar => "a time is too far away for --time-unit",
            Self::LongKey => "a key is too long; --max-key allows longer ones",
            Self::LongLine => "a line is too long; --max-key allows longer ones",
            Self::Cut => "a connection ended within a line or a frame",
            Self::Http => "a request of HTTP, which this port does not answer",
            Self::Frame => "a frame is no pickle of samples, so its connection was closed",
        })
    }
}

impl std::error::Error for Fault {}
