//! The loops between a byte stream and a state machine: [`serve`] for the [`Session`] of a server,
//! [`client`] for a client. [`Lines`] is the session of the native protocol over a store.
//!
//! An adapter to a runtime provides the stream with the traits of [`embedded_io_async`]. A client
//! needs nothing else. For a server the stream is also [`Readable`]: it can wait for its peer
//! without a buffer. [`Lend`] is the source of buffers, so that an idle connection need not hold
//! any.

#![no_std]
#![forbid(unsafe_code)]

mod buffers;
pub mod client;
mod lines;
mod serve;
mod session;
mod stream;

pub use buffers::{Buffers, Lend, Loan};
pub use lines::Lines;
pub use serve::{Ended, Error, serve};
pub use session::{Next, Progress, Session};
pub use stream::{Readable, Shutdown, Wake};

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
