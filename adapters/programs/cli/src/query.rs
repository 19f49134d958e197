//! What is asked of a server: series, and which of their samples.

mod fetch;
mod pattern;
mod window;

pub(crate) use fetch::each_sample;
pub(crate) use pattern::{KEYS, Pattern};
pub(crate) use window::{TIMES, Window};
