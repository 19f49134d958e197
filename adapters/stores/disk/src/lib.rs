//! A durable store for desktops: samples in files, the newest of them in memory.

#![forbid(unsafe_code)]

mod commit;
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
mod keep;
mod merge;
mod names;
mod progress;
// Public for the measurements in tests/.
#[doc(hidden)]
pub mod record;
mod recover;
mod regular_file;
mod run;
mod segment;
mod segments;
mod settings;
mod store;
mod table;
mod threads;
mod union;
mod writer;

pub use directory::{Directory, LOCK_NAME};
pub use files::{File, Files};
pub use findings::{Finding, Findings, OpenError};
pub use handle::Handle;
pub use settings::{LEAST_BYTES, Settings, Sync};
pub use store::{DiskCounters, DiskStore};
pub use threads::Threads;
