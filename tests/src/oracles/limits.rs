//! The limits that the laws are tested with: the tightest possible ones, those of a board, those of a
//! desktop, and the widest of a desktop.

use metric_proto::Limits;

use metric_conformance::Bounds;

/// Keys of one byte, and lines just long enough for them.
pub(super) const TIGHTEST: Limits = Limits::new(51, 1);

/// Lines with a few bytes to spare.
pub(super) const BOARD: Limits = Limits::new(70, 16);

pub(super) const ALL: [Limits; 4] = [TIGHTEST, BOARD, Limits::DESKTOP, Limits::WIDEST];

/// The number of series in a store: few, so that the table is often full.
pub(super) const SERIES: usize = 3;

/// The number of samples in a series: few, so that the oldest is often evicted.
pub(super) const SAMPLES: usize = 4;

/// Returns the model's bounds for a server with these limits.
pub(super) fn bounds(limits: Limits) -> Bounds {
    Bounds { line: limits.line(), key: limits.key(), series: SERIES, samples: SAMPLES }
}
