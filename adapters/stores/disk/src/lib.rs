//! A durable store for desktops: samples in files, the newest of them in memory.

#![forbid(unsafe_code)]

mod files;
#[doc(hidden)]
pub mod record;

pub use files::{File, Files};
