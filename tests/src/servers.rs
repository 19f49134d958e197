//! The servers of this project that the conformance suite tests, with their bounds.

use metric_conformance::{Judged, Offer};

/// The bounds of the firmware for the boards that QEMU emulates.
pub const FIRMWARE: Offer = Offer { connections: 4, series: 32, samples: 32, line: 640, key: 48 };

/// All servers. Each must pass every case that fits its bounds.
pub const SERVERS: [Judged<'_>; 4] = [
    ("smol", &[Offer::SMALL_DESKTOP, Offer::DESKTOP]),
    ("async-std", &[Offer::SMALL_DESKTOP, Offer::DESKTOP]),
    ("embassy-net on the host", &[Offer::SMALL_BOARD, Offer::LARGE_BOARD]),
    ("firmware in QEMU", &[FIRMWARE]),
];
