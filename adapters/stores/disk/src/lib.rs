//! A durable store for desktops: samples in files, the newest of them in memory.

#![forbid(unsafe_code)]

mod directory;
mod files;
mod regular_file;
#[expect(unused_imports, reason = "the store that uses it is not written yet")]
#[cfg_attr(not(test), expect(dead_code, reason = "the store that uses it is not written yet"))]
mod segment;

pub use directory::{Directory, DirectoryLock, LOCK_NAME};
pub use files::{File, Files};
