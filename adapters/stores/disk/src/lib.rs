//! A durable store for desktops: samples in files, the newest of them in memory.

#![forbid(unsafe_code)]

mod directory;
mod files;
mod regular_file;

pub use directory::{Directory, DirectoryLock, LOCK_NAME};
pub use files::{File, Files};
