//! The suites for the parts of this project, beside the conformance suite for all of it.
//!
//! ```text
//!  store_suite      stores                       client_suite    clients
//!  program_suite    server programs as built     hostile         the same, under attack
//!  scripted_stream  the driver is tried with it  oracles         laws that fuzzers try to break
//!  work             what speed is measured on    servers         which the conformance suite judges
//! ```
//!
//! The conformance suite and the plain model, with which all of these compare, are the crate
//! [`metric_conformance`], which knows nothing of this one nor of what it judges.

pub mod client_suite;
pub mod echo;
pub mod hostile;
pub mod oracles;
pub mod program_suite;
pub mod running;
pub mod scripted_stream;
pub mod servers;
pub mod store_suite;
pub mod work;

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
