//! A tiny, readable text protocol for metrics, for desktops and microcontrollers.
//!
//! `put palm.cpu 23.7 1150864247` stores a sample, `get palm.cpu` and `get *` return samples, and
//! every other line is a wrong command:
//!
//! ```text
//!  client                                        server
//!  ──────────────────────────────────────────────────────────────
//!  put palm.cpu 23.7 1150864247\n   ─────────▶   stores a sample
//!                                   ◀─────────   ok\n\n
//!  get *\n                          ─────────▶
//!                                   ◀─────────   ok\n
//!                                                palm.cpu 23.7 1150864247\n
//!                                                \n
//!  hello\n                          ─────────▶
//!                                   ◀─────────   error\nwrong command\n\n
//! ```
//!
//! This crate is the protocol and nothing else. It does no IO, reads no clock and allocates
//! nothing: bytes go in and bytes come out, over any stream.
//!
//! ```text
//!  bytes in ─▶ line ─▶ request ─▶ ServerConnection ◀─▶ Store ─▶ reply ─▶ bytes out
//! ```
//!
//! # A server over any byte stream
//!
//! ```
//! use metric_proto::{Buffer, FixedStore, Limits, Next, ServerConnection, Store};
//! use std::io::{self, Read, Write};
//!
//! fn serve(mut stream: impl Read + Write, store: &mut impl Store) -> io::Result<()> {
//!     let mut server = ServerConnection::new(Limits::DESKTOP);
//!     let mut input = Buffer::<1024>::new();
//!     let mut output = [0; 4096];
//!     loop {
//!         let count = stream.read(input.space())?;
//!         if count == 0 {
//!             return Ok(());
//!         }
//!         input.fill(count);
//!         let mut next = Next::Output;
//!         while next == Next::Output {
//!             let progress = server.process(store, input.unread(), &mut output, 0);
//!             input.consume(progress.consumed);
//!             stream.write_all(&output[..progress.filled])?;
//!             next = progress.next;
//!         }
//!     }
//! }
//! # struct Script(&'static [u8], Vec<u8>);
//! # impl Read for Script {
//! #     fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> { self.0.read(buf) }
//! # }
//! # impl Write for Script {
//! #     fn write(&mut self, buf: &[u8]) -> io::Result<usize> { self.1.write(buf) }
//! #     fn flush(&mut self) -> io::Result<()> { Ok(()) }
//! # }
//! # let mut script = Script(b"put palm.cpu 23.7 1150864247\nget *\nhello\n", Vec::new());
//! # struct By<'a>(&'a mut Script);
//! # impl Read for By<'_> {
//! #     fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> { self.0.read(buf) }
//! # }
//! # impl Write for By<'_> {
//! #     fn write(&mut self, buf: &[u8]) -> io::Result<usize> { self.0.write(buf) }
//! #     fn flush(&mut self) -> io::Result<()> { Ok(()) }
//! # }
//!
//! let mut store = FixedStore::<32, 100, 64>::new();
//! # let stream = By(&mut script);
//! serve(stream, &mut store)?;
//! # assert_eq!(script.1, b"ok\n\nok\npalm.cpu 23.7 1150864247\n\nerror\nwrong command\n\n");
//! # Ok::<(), io::Error>(())
//! ```
//!
//! # A client
//!
//! ```
//! use metric_proto::{ClientConnection, Event, Key, Limits, Request, Sample, Selector};
//!
//! let mut client = ClientConnection::new(Limits::DESKTOP);
//! let key = Key::new("palm.cpu")?;
//! let mut line = [0; 64];
//!
//! let put = Request::Put { key, sample: Sample::new(23.7, 1150864247)? };
//! let length = client.send(&put, &mut line)?;
//! assert_eq!(&line[..length], b"put palm.cpu 23.7 1150864247\n");
//!
//! client.send(&Request::Get(Selector::All), &mut line)?;
//! let mut received: &[u8] = b"ok\n\nok\npalm.cpu 23.7 1150864247\n\n";
//! let mut events = Vec::new();
//! while client.pending() > 0 {
//!     let answer = client.receive(received)?;
//!     received = &received[answer.consumed..];
//!     events.extend(answer.event); // `None` would mean: read more from the stream
//! }
//! let sample = Sample::new(23.7, 1150864247)?;
//! assert_eq!(events, [Event::Done, Event::Sample(key, sample), Event::Done]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod batch;
mod buffer;
mod client;
mod counters;
mod fixed_store;
mod http;
mod key;
mod limits;
mod line;
mod number;
mod output;
mod position;
mod progress;
mod query;
mod reply;
mod request;
mod sample;
mod server;
mod store;

pub use buffer::Buffer;
pub use client::{ClientConnection, Event, InvalidReply, Received};
pub use counters::{StoreCounters, Taken};
pub use fixed_store::FixedStore;
pub use http::FirstLine;
pub use key::{InvalidKey, Key};
pub use limits::{
    LONGEST_KEY, Limits, MAX_KEY, MAX_LINE, MAX_REQUEST, MAX_SAMPLE_LINE, MAX_TIMESTAMP, MAX_VALUE,
    MIN_OUTPUT,
};
pub use number::Digits;
pub use output::OutputFull;
pub use position::{Position, Resume};
pub use progress::{Next, Progress, Tally};
pub use query::{Query, Series};
pub use reply::{WRONG_COMMAND, parse_sample, write_sample};
pub use request::{Request, Selector, WrongCommand, parse_request};
pub use sample::{NotFinite, Sample};
pub use server::ServerConnection;
pub use store::{Aggregate, Lost, Portion, Refused, Scan, Store, Summary};

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
