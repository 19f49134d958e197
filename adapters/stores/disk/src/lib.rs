//! A durable store for desktops: samples in files, the newest of them in memory.

#![forbid(unsafe_code)]

#[cfg(test)]
mod example;
mod files;
#[cfg_attr(not(test), expect(dead_code, reason = "the store comes next"))]
mod frame;
#[cfg_attr(not(test), expect(dead_code, reason = "the store comes next"))]
mod frames;
#[cfg_attr(not(test), expect(dead_code, reason = "the store comes next"))]
mod head;
// Public for the measurements in tests/.
#[doc(hidden)]
pub mod record;

pub use files::{File, Files};
