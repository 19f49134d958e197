//! The suites for the parts of this project, beside the conformance suite for all of it.
//!
//! ```text
//!  store_suite      stores                       client_suite    clients
//!  program_suite    server programs as built     hostile         the same, under attack
//!  prometheus_suite what Prometheus writes and reads, with a real one
//!  web_suite        their HTTP side              http            a strict client for it
//!  door_suite       samples by other protocols
//!  graphite_web_suite  what a real graphite-web makes of the same samples
//!  scripted_stream  a stream for driver tests    oracles         laws that fuzzers try to break
//!  work             what speed is measured on    servers         under the conformance suite
//!  simulated_disk   a disk that loses power, fails and fills up, under the durable store
//!  simulated_flash  flash that does the same, under the store of a board, flash_board
//!  kill_loop        server programs that are killed under load
//!  crash_model      what the durable store must still have after that
//! ```
//!
//! The conformance suite, and the plain model that all of these compare with, are in the crate
//! [`metric_conformance`]. It depends neither on this crate nor on the code that it tests.

pub mod client_suite;
pub mod crash_model;
pub mod door_suite;
pub mod echo;
pub mod flash_board;
pub mod graphite_web_suite;
pub mod hostile;
pub mod http;
pub mod kill_loop;
pub mod oracles;
pub mod patient;
pub mod program_suite;
pub mod prometheus_suite;
pub mod running;
pub mod scripted_stream;
pub mod servers;
pub mod simulated_disk;
pub mod simulated_flash;
pub mod store_suite;
pub mod web_suite;
pub mod work;

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
