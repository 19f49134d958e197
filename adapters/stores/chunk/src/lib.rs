//! Samples of one series in few bytes, exact to the bit: what stores keep old samples as.
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
//! chunk has up to [`MAX_SAMPLES`] samples; to encode or decode so many takes about a microsecond.
//! Bytes from anywhere may be decoded: they give samples or a [`DecodeError`], and never more than
//! [`MAX_SAMPLES`].
//!
//! A chunk has no checksum: bytes that were changed may well be other samples. Whoever stores chunks
//! where bytes may change adds one.
//!
//! # Format
//!
//! Of version 1; integers of more than a byte begin with the low byte.
//!
//! ```text
//! chunk = version     1 byte: 1
//!         count       1 byte: how many samples, 1 to 128
//!         kind        1 byte: what the integers of values stand for, see below
//!         first       8 bytes: the timestamp of the first sample, signed
//!         block of 2  the smallest step from a timestamp to the next; the value of the first sample
//!         for each further 32 samples, and for those that are left:
//!             block   the steps of their timestamps, each less the smallest
//!             block   their values
//! block = width       1 byte: how many bits each integer takes, 0 to 64
//!         integers    one after the other, each from its low bit on, the first in the low bits of
//!                     the first byte; the last byte is filled up with zeros
//! ```
//!
//! A timestamp is larger than the one before. What stands for a value depends on the kind, which is
//! the same for all samples of a chunk:
//!
//! ```text
//! kind = 0..=12    decimals. With value * 10^kind as integers between -2^52 and 2^52: the difference
//!                  to the one before, or to 0, where 0, -1, 1, -2, 2 are written as 0, 1, 2, 3, 4
//!      = 64..=127  doubles. Their bits as integers: the exclusive-or with the one before, or with
//!                  0, shifted right by kind - 64 bits, which are zeros
//! ```
//!
//! Any other version, count, kind or width is an error, and so are bytes that are missing or left
//! over, a timestamp that is not larger than the one before or beyond 64 bits, a decimal beyond its
//! bounds, and a double that is not finite. So the two samples from above are
//!
//! ```
//! # use metric_chunk::{Chunk, encode};
//! # use metric_proto::Sample;
//! let bytes = [
//!     0x01, // version 1
//!     0x02, // 2 samples
//!     0x01, // of decimals with one place
//!     0x77, 0xcb, 0x98, 0x44, 0x00, 0x00, 0x00, 0x00, // from 1150864247 on
//!     0x09, 0x01, 0xb4, 0x03, // of 9 bits: the smallest step 1, the difference 237 as 474
//!     0x00, // of 0 bits: the step is the smallest
//!     0x02, 0x02, // of 2 bits: the difference 1 as 2
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
mod samples;
mod values;

pub use chunk::{Chunk, MAX_SAMPLES, VERSION, encode};
pub use error::DecodeError;
pub use samples::Samples;
