//! What the server programs of the desktop runtimes share: everything but the runtime.
//!
//! A program gives its name and how its runtime serves a listener; [`run`] does the rest.

#![forbid(unsafe_code)]

mod listen;
mod options;
mod report;
mod run;

pub use run::{Program, run};

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
