//! How much of everything there is, in each image.

/// How much there is.
pub(crate) struct Size {
    /// The clients at once.
    pub(crate) clients: usize,
    /// The connections to the page at once. Browsers open two.
    pub(crate) browsers: usize,
    /// The series from the network.
    pub(crate) series: usize,
    /// The samples of each series.
    pub(crate) samples: usize,
    /// The longest line of a request.
    pub(crate) line: usize,
    /// What a client's socket has received and what it has to send. A reply of up to `tx` bytes leaves
    /// in one segment.
    pub(crate) rx: usize,
    pub(crate) tx: usize,
}

pub(crate) const SIZE: Size = if cfg!(feature = "small") { SMALL } else { USUAL };

/// The longest line is that of desktops.
const USUAL: Size =
    Size { clients: 4, browsers: 2, series: 32, samples: 32, line: 640, rx: 512, tx: 1024 };

/// For a Cortex-M with 32 KiB of RAM.
const SMALL: Size =
    Size { clients: 3, browsers: 1, series: 24, samples: 18, line: 128, rx: 256, tx: 512 };
