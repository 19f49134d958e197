//! Selects series and samples of a server.

mod access;
mod glob;
mod native;
mod pattern;
mod place;

mod web;
mod window;

pub(crate) use access::Access;
pub(crate) use glob::glob;
pub(crate) use pattern::{KEYS, Pattern};

pub(crate) use window::{Bounds, Findings, TIMES, Window};
