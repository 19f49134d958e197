//! A durable store for desktops: samples in files, as [chunks](metric_chunk), the newest of them in
//! memory.
//!
//! ```text
//!  put ──▶ handle.rs ──▶ MemoryStore ──▶ disk.rs ──▶ writer.rs      in the lock of the series
//!                        the table       Backing     records in a buffer
//!                                                        │
//!  poll_ready ──▶ commit.rs ── one write for all ────────┤
//!                     └─ Sync::Always: store.sync ─┐     ▼
//!  keeper ──▶ keep.rs                              └▶ 00000003.log      record.rs, frame.rs, head.rs
//!               │ a log is full, or memory is            │
//!               ├▶ flush.rs ◀── gather.rs ◀── table      │ it goes when the segment is published
//!               │     └──▶ 00000003-00000003.seg.tmp ──▶ 00000003-00000003.seg      segment.rs
//!               └▶ expire.rs: the oldest segment goes
//!  merger ──▶ merge.rs ──▶ 00000001-00000003.seg, and what it was made of goes
//!
//!  scan ──▶ handle.rs ──▶ MemoryStore ──▶ run.rs ──▶ segments.rs      what is in the page cache
//!                                            └─────▶ fetch.rs         what the reader must wait for
//!                                                        └─▶ damage.rs   what cannot be read goes
//!
//!  open ──▶ recover.rs: indexes of all segments, then the logs that no segment has
//!  check.rs, backup.rs: read a directory beside a server
//! ```
//!
//! FORMAT.md describes the files.

#![forbid(unsafe_code)]

mod backup;
mod chain;
mod check;
mod claim;
mod commit;
mod damage;
mod directory;
mod disk;
#[cfg(test)]
mod example;
mod expire;
mod fetch;
mod files;
mod findings;
mod flush;
mod frame;
mod frames;
mod gather;
mod handle;
mod head;
mod join;
mod keep;
mod known;
mod loaded;
mod log_file;
#[cfg(test)]
mod long_segment;
mod lost;
mod merge;
mod missing;
mod names;
mod progress;
// Public for the measurements in tests/.
#[doc(hidden)]
pub mod record;
mod recover;
mod regular_file;
mod replay;
mod report;
mod run;
mod segment;
mod segments;
mod settings;
mod store;
mod table;
mod tail;
mod threads;
mod trouble;
mod union;
mod unit;
mod waiters;
mod writer;

pub use backup::{Copied, backup};
pub use check::{check, check_files};
pub use directory::{Directory, LOCK_NAME};
pub use files::{File, Files};
pub use findings::{Finding, Findings, OpenError};
pub use handle::Handle;
pub use report::Report;
pub use settings::{LEAST_BYTES, Settings, Sync};
pub use store::{DiskCounters, DiskStore};
pub use threads::Threads;

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
