//! How a reply ends.

use crate::budget::Exceeded;
use crate::produce::Next;
use crate::writer::Writer;

/// How a reply ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Complete,
    Exceeded(Exceeded),
    Unavailable,
}

impl End {
    /// Writes the field with which an object of JSON ends, if there is one.
    pub(crate) fn write_json(self, out: &mut Writer<'_>) {
        match self {
            Self::Complete => {}
            Self::Exceeded(exceeded) => {
                // Not by `Display`: formatting takes 3 KB of a board's flash.
                let (before, after) = exceeded.text();
                out.put(b", \"error\": \"");
                out.put(before.as_bytes());
                out.natural(exceeded.limit as u64);
                out.put(after.as_bytes());
                out.put(b"\"");
            }
            Self::Unavailable => out.put(b", \"error\": \"the store cannot show the rest\""),
        }
        out.put(b"}");
    }
}

impl From<End> for Next {
    fn from(end: End) -> Self {
        match end {
            End::Complete => Self::Done,
            End::Exceeded(exceeded) => Self::Exceeded(exceeded),
            End::Unavailable => Self::Unavailable,
        }
    }
}
