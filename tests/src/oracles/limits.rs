//! The limits under which the laws are tried: the tightest there are, those of a board, a desktop's,
//! and the widest that a desktop's can be.

use metric_proto::Limits;

use metric_conformance::Bounds;

/// One byte of a key, and just the line for it.
pub(super) const TIGHTEST: Limits = Limits::new(51, 1);

/// A line with a few bytes to spare.
pub(super) const BOARD: Limits = Limits::new(70, 16);

pub(super) const ALL: [Limits; 4] = [TIGHTEST, BOARD, Limits::DESKTOP, Limits::WIDEST];

/// Series in the stores of the laws: few, so that the table is often full.
pub(super) const SERIES: usize = 3;

/// Samples in each: few, so that the oldest often has to go.
pub(super) const SAMPLES: usize = 4;

/// The model's bounds for a server with these limits.
pub(super) fn bounds(limits: Limits) -> Bounds {
    Bounds { line: limits.line(), key: limits.key(), series: SERIES, samples: SAMPLES }
}
