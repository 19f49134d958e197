//! A store for desktops: all samples in memory, shared by all connections. Old samples are encoded
//! in chunks of [`metric_chunk`].
//!
//! ```
//! use metric_memory::MemoryStore;
//! use metric_proto::{Key, Sample, Store};
//!
//! let store = MemoryStore::new(1_000, 1_000_000);
//! let mut handle = &store; // one for each connection
//! handle.put(Key::new("palm.cpu")?, Sample::new(23.7, 1150864247)?)?;
//! assert_eq!(handle.counters().samples, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ```text
//!  put ──▶ batch.rs ──▶ shard.rs ─────▶ series.rs ──▶ chunks.rs ──▶ sealed.rs ─▶ metric-chunk
//!          the hash     a part, with    the newest    what is       a chunk,     samples in
//!             │         its own lock    samples       older         compressed   few bytes
//!             │ a new key    ▲
//!             ▼              │
//!  get * ─▶ the index in index.rs: keys in byte order, one lock; scan.rs walks it
//! ```

#![forbid(unsafe_code)]

mod backing;
mod batch;
mod chunks;
mod index;
mod layout;
mod memory;
mod parts;
mod piece;
mod room;
mod scan;
mod sealed;
mod series;
mod shard;
mod silent;
mod store;

pub use backing::{Backing, Log, Logged, Never, Run, Unread};
pub use batch::Batch;
pub use layout::Layout;
pub use parts::Parts;
pub use piece::Piece;
pub use sealed::Sealed;
pub use store::MemoryStore;

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
