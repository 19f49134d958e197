//! The loops that join a byte stream with the state machines of [`metric_proto`]: [`serve`] for a
//! server and its store, [`client`] for a client.
//!
//! An adapter to a runtime brings the stream as [`embedded_io_async`], which is all that a client
//! takes. For a server it adds one thing: how to [`Wait`] for the peer. It also says where the
//! buffers come from, by [`Lend`], so that a connection that waits need not hold any.

#![no_std]
#![forbid(unsafe_code)]

mod buffers;
pub mod client;
mod serve;
mod wait;

pub use buffers::{Buffers, Lend};
pub use serve::{Ended, Error, Service, serve};
pub use wait::{Wait, Wake};
