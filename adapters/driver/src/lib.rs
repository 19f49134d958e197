//! The loops that join a byte stream with a state machine: [`serve`] for a server's [`Session`], of
//! which the native protocol over a store is one, [`Lines`]; [`client`] for a client of it.
//!
//! An adapter to a runtime provides the stream as [`embedded_io_async`], which is all that a client
//! takes. For a server the stream is [`Readable`], too: it can wait for its peer without a buffer.
//! [`Lend`] says where the buffers come from, so that a connection that waits need not hold any.

#![no_std]
#![forbid(unsafe_code)]

mod buffers;
pub mod client;
mod lines;
mod serve;
mod session;
mod stream;

pub use buffers::{Buffers, Lend};
pub use lines::Lines;
pub use serve::{Ended, Error, serve};
pub use session::{Next, Progress, Session};
pub use stream::{Readable, Shutdown, Wake};

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
