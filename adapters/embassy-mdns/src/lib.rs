//! Makes a board on [embassy-net](https://docs.rs/embassy-net) known as `NAME.local`, by multicast DNS.
//!
//! A [`Responder`] owns the memory of one UDP socket. What it says is in [`metric_mdns`].
//!
//! ```no_run
//! use metric_embassy_mdns::{Name, Responder};
//!
//! /// The body of a task. The stack needs a socket for it.
//! async fn answer(stack: embassy_net::Stack<'_>, name: Name) -> ! {
//!     Responder::<512>::new().run(stack, name, |_| ()).await
//! }
//! ```
//!
//! It is a crate of its own, since the UDP and the multicast of embassy-net are features: firmware
//! without them is smaller.

#![no_std]
#![forbid(unsafe_code)]

mod responder;

pub use metric_mdns::{InvalidName, Name};
pub use responder::Responder;

/// The example in the README is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
