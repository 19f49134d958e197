//! What a server offers: the exact bounds it was built with.

use crate::Bounds;

/// The bounds of a server, each of them exact: the suite tests them from both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Connections served at the same time.
    pub connections: usize,
    /// Series in the table.
    pub series: usize,
    /// Samples in one series.
    pub samples: usize,
    /// Bytes in the longest line, without its LF and the CR before that.
    pub line: usize,
    /// Bytes in the longest key.
    pub key: usize,
}

impl Offer {
    /// What a desktop server offers when nothing else is said.
    pub const DESKTOP: Self =
        Self { connections: 10_000, series: 100_000, samples: 1_000_000, line: 640, key: 255 };
}

impl From<Offer> for Bounds {
    fn from(offer: Offer) -> Self {
        Self { line: offer.line, key: offer.key, series: offer.series, samples: offer.samples }
    }
}
