//! The one loop that joins a byte stream, the server of [`metric_proto`] and a store.
//!
//! An adapter to a runtime brings the stream as [`embedded_io_async`] and adds one thing: how to
//! [`Wait`] for the peer. It also says where the buffers come from, by [`Lend`], so that a
//! connection that waits need not hold any.

#![no_std]
#![forbid(unsafe_code)]

mod buffers;
mod serve;
mod wait;

pub use buffers::{Buffers, Lend};
pub use serve::{Ended, Error, Service, serve};
pub use wait::{Wait, Wake};
