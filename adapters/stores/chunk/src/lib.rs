//! A lossless encoding of the samples of one series in few bytes. Stores keep old samples in it.
//!
//! ```
//! use metric_chunk::{Chunk, encode};
//! use metric_proto::Sample;
//!
//! let samples = [Sample::new(23.7, 1150864247)?, Sample::new(23.8, 1150864248)?];
//! let bytes = encode(&samples);
//! let chunk = Chunk::new(&bytes)?;
//! assert_eq!((chunk.first(), chunk.len()), (1150864247, 2));
//! assert!(chunk.decode().eq(samples.map(Ok)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A reading with few decimal places that changes little takes about a byte, a random double 8. A
//! chunk has up to [`MAX_SAMPLES`] samples. Encoding or decoding that many takes about a
//! microsecond. Untrusted bytes may be decoded: the result is up to [`MAX_SAMPLES`] samples or a
//! [`DecodeError`].
//!
//! A chunk has no checksum: changed bytes may decode to other samples. Add a checksum where stored
//! bytes may change.
//!
//! # Format
//!
//! This is version 1. Integers of more than one byte are little-endian.
//!
//! ```text
//! chunk = version     1 byte: 1
//!         count       1 byte: the number of samples, 1 to 128
//!         kind        1 byte: what the integers of values mean, see below
//!         first       8 bytes: the timestamp of the first sample, signed
//!         step        varint: the smallest step from a timestamp to the next, 0 if there is one sample
//!         value       varint: the value of the first sample
//!         totals      only of 16 or more decimals, see below
//!         for each further 32 samples, and for the rest:
//!             block   the steps of their timestamps, each less the smallest
//!             block   their values
//! varint = 7 bits in each byte, the low bits first; the high bit of a byte says that another follows
//! block = width       1 byte: the number of bits of each integer, 0 to 64
//!         integers    packed from the low bits of the first byte on, each with its low bit first;
//!                     the last byte is padded with zeros
//! ```
//!
//! Each timestamp is larger than the one before. The integer of a value depends on the kind, which
//! is the same for all samples of a chunk:
//!
//! ```text
//! kind = 0..=12    decimals: value * 10^kind is an integer between -2^52 and 2^52. Written is its
//!                  difference to the one before, or to 0, with 0, -1, 1, -2, 2 as 0, 1, 2, 3, 4
//!      = 64..=127  doubles: written are the bits, exclusive-or the bits before, or 0, shifted right
//!                  by kind - 64 bits, which are zeros
//! ```
//!
//! The totals tell what the integers of decimals (value * 10^kind) are together, so that a reader of
//! many chunks need not decode them all ([`Chunk::aggregate`]):
//!
//! ```text
//! totals = varint  the first, less the smallest
//!          varint  the largest, less the smallest
//!          varint  the largest, less the last
//!          varint  the sum of each, less the smallest
//! ```
//!
//! Any other version, count, kind or width is an error. So are missing or extra bytes, a varint of
//! more than 64 bits, a timestamp that is not larger than the one before or exceeds 64 bits, a decimal
//! outside its bounds, totals that no such decimals have, and a double that is not finite. The two
//! samples from above are encoded as
//!
//! ```
//! # use metric_chunk::{Chunk, encode};
//! # use metric_proto::Sample;
//! let bytes = [
//!     0x01, // version 1
//!     0x02, // 2 samples
//!     0x01, // of decimals with one place
//!     0x77, 0xcb, 0x98, 0x44, 0x00, 0x00, 0x00, 0x00, // from 1150864247 on
//!     0x01, // the smallest step 1
//!     0xda, 0x03, // the difference 237 as 474
//!     0x00, // 0 bits: the step is the smallest
//!     0x02, 0x02, // 2 bits: the difference 1 as 2
//! ];
//! let samples = [Sample::new(23.7, 1150864247)?, Sample::new(23.8, 1150864248)?];
//! assert_eq!(encode(&samples), bytes);
//! assert!(Chunk::new(&bytes)?.decode().eq(samples.map(Ok)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

extern crate alloc;

mod block;
mod chunk;
mod error;
mod head;
mod parts;
mod samples;
mod totals;
mod values;
mod varint;

pub use chunk::{Chunk, MAX_SAMPLES, Until, VERSION, encode};
pub use error::DecodeError;
pub use samples::Samples;
