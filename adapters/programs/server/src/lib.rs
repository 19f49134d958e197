//! What the server programs of the desktop runtimes share: everything but the runtime.
//!
//! A program gives its name and how its runtime [serves](Serve) listeners; [`run`] does the rest.

#![forbid(unsafe_code)]

mod bounds;
mod listen;
mod memory;
mod open_files;
mod options;
mod passed;
mod readiness;
mod report;
mod run;
mod serve;
mod signals;

pub use run::{Program, run};
pub use serve::{Protocol, Serve};

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
