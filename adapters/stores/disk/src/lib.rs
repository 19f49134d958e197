//! A durable store for desktops: samples in files, the newest of them in memory.

#![forbid(unsafe_code)]

mod directory;
mod files;
mod regular_file;
#[expect(unused_imports, reason = "the store that uses it is not written yet")]
#[cfg_attr(not(test), expect(dead_code, reason = "the store that uses it is not written yet"))]
mod segment;
#[cfg(test)]
mod example;
#[cfg_attr(not(test), expect(dead_code, reason = "the store comes next"))]
mod frame;
#[cfg_attr(not(test), expect(dead_code, reason = "the store comes next"))]
mod frames;
#[cfg_attr(not(test), expect(dead_code, reason = "the store comes next"))]
mod head;
// Public for the measurements in tests/.
#[doc(hidden)]
pub mod record;

pub use directory::{Directory, DirectoryLock, LOCK_NAME};
pub use files::{File, Files};
