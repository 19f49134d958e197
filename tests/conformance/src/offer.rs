//! The exact bounds of a server.

use clap::Args;

use crate::Bounds;

/// The bounds of a server. They must be exact, since the suite tests them from both sides.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq)]
#[command(next_help_heading = "Bounds the server was built with")]
pub struct Offer {
    /// Connections served at the same time.
    #[arg(long, value_name = "N", default_value_t = Self::DESKTOP.connections)]
    pub connections: usize,
    /// Series in the table.
    #[arg(long, value_name = "N", default_value_t = Self::DESKTOP.series)]
    pub series: usize,
    /// Samples in one series.
    #[arg(long, value_name = "N", default_value_t = Self::DESKTOP.samples)]
    pub samples: usize,
    /// Bytes in the longest line, without its LF and the CR before that.
    #[arg(long, value_name = "N", default_value_t = Self::DESKTOP.line)]
    pub line: usize,
    /// Bytes in the longest key.
    #[arg(long, value_name = "N", default_value_t = Self::DESKTOP.key)]
    pub key: usize,
}

impl Offer {
    /// The default bounds of a desktop server.
    pub const DESKTOP: Self = Self::desktop(255);

    /// A desktop server with bounds so small that all cases about full tables run.
    pub const SMALL_DESKTOP: Self =
        Self { connections: 4, series: 8, samples: 16, line: 128, key: 32 };

    /// Bounds that fit the smallest chips.
    pub const SMALL_BOARD: Self =
        Self { connections: 4, series: 32, samples: 32, line: 128, key: 48 };

    /// Bounds that fit a large chip with external memory.
    pub const LARGE_BOARD: Self =
        Self { connections: 200, series: 64, samples: 1000, line: 640, key: 255 };
}

impl Offer {
    /// Returns the bounds of a desktop server that accepts keys of up to `key` bytes, and lines for
    /// them.
    #[must_use]
    pub const fn desktop(key: usize) -> Self {
        let line = 640 - 255 + key;
        Self { connections: 10_000, series: 100_000, samples: 1_000_000, line, key }
    }
}

impl From<Offer> for Bounds {
    fn from(offer: Offer) -> Self {
        Self { line: offer.line, key: offer.key, series: offer.series, samples: offer.samples }
    }
}
