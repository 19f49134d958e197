//! The requirements of a case, and whether a server meets them.

use crate::Offer;

/// The requirements of a case. It is left out if the server offers less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Connections open at the same time.
    pub connections: usize,
    /// Series the case may create.
    pub series: usize,
    /// Samples in any one of them.
    pub samples: usize,
    /// Bytes in the longest line that has to be accepted.
    pub line: usize,
    /// Bytes in the longest key that has to be accepted.
    pub key: usize,
    /// Whether the store must be empty before the case.
    pub empty: bool,
    /// What the case fills completely.
    pub fills: Fills,
}

/// What a case fills completely, whatever its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fills {
    /// Nothing: the case stays within its needs.
    Nothing,
    /// One series, up to the offered number of samples.
    Series,
    /// The table, up to the offered number of series.
    Table,
}

impl Needs {
    /// The needs of most cases, which also run on a small board.
    pub const SMALL: Self = Self {
        connections: 1,
        series: 1,
        samples: 1,
        line: 64,
        key: 16,
        empty: false,
        fills: Fills::Nothing,
    };

    /// The needs of a case that stores nothing.
    pub(crate) const NO_SERIES: Self = Self { series: 0, ..Self::SMALL };

    /// Returns as text what the offer lacks, if anything.
    pub fn lacking(&self, offer: &Offer) -> Option<String> {
        self.too_small(offer).or_else(|| self.too_large(offer))
    }

    /// Returns the number of series of the table that the case uses.
    pub(crate) fn series_taken(&self, offer: &Offer) -> usize {
        match self.fills {
            Fills::Table => offer.series,
            _ => self.series,
        }
    }

    fn too_small(&self, offer: &Offer) -> Option<String> {
        [
            ("connections", self.connections, offer.connections),
            ("series", self.series, offer.series),
            ("samples per series", self.samples, offer.samples),
            ("bytes per line", self.line, offer.line),
            ("bytes per key", self.key, offer.key),
        ]
        .into_iter()
        .find(|(_, needed, offered)| needed > offered)
        .map(|(what, needed, offered)| format!("needs {needed} {what}, offered are {offered}"))
    }

    fn too_large(&self, offer: &Offer) -> Option<String> {
        let (what, size) = match self.fills {
            Fills::Nothing => return None,
            Fills::Series => ("a series", offer.samples),
            Fills::Table => ("the table", offer.series),
        };
        (size > LARGEST_FILLED)
            .then(|| format!("fills {what}, and {size} is over {LARGEST_FILLED}"))
    }
}

/// The largest bound that is filled, since it takes one request per sample or series.
const LARGEST_FILLED: usize = 5_000;
