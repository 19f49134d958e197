//! Selects series and samples of a server.

mod fetch;
mod pattern;
mod window;

pub(crate) use fetch::each_sample;
pub(crate) use pattern::{KEYS, Pattern};
pub(crate) use window::{Bounds, Findings, TIMES, Window};
