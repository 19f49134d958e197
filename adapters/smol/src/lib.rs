//! The server and the client on [smol](https://docs.rs/smol).
//!
//! # The server
//!
//! It serves listeners over a store until it is told to stop:
//!
//! ```no_run
//! use std::net::TcpListener;
//!
//! use metric_proto::FixedStore;
//! use metric_smol::{ServerHandle, Settings, serve};
//! use std::cell::RefCell;
//!
//! let listener = TcpListener::bind("127.0.0.1:8888")?;
//! let store = RefCell::new(FixedStore::<32, 100, 64>::new());
//! let handle = ServerHandle::default(); // `handle.stop()` from anywhere ends it
//! smol::block_on(serve([listener], &store, &Settings::default(), &handle))?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! [`serve`] runs in the caller's thread. [`run`] uses several threads, and a store with locks.
//!
//! # The client
//!
//! ```
//! use std::time::Duration;
//!
//! use metric_smol::{Client, Key, Sample, Selector};
//!
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let server = &listener.local_addr()?.to_string();
//! # std::thread::spawn(move || {
//! #     let store = std::cell::RefCell::new(metric_proto::FixedStore::<4, 10, 16>::new());
//! #     smol::block_on(metric_smol::serve([listener], &store, &Default::default(), &Default::default()))
//! # });
//! smol::block_on(async {
//!     let mut client = Client::connect(server, Duration::from_secs(5)).await?;
//!     client.put_now("palm.cpu", 23.9).await?; // in seconds since 1970
//!
//!     let key = Key::new("palm.cpu")?;
//!     client.put(key, Sample::new(23.7, 1150864247)?).await?;
//!
//!     let series = client.get(Selector::Key(key)).await?;
//!     assert_eq!(series["palm.cpu"][0].value(), 23.7);
//!
//!     // One sample at a time, in bounded memory.
//!     let mut samples = client.samples(Selector::All).await?;
//!     while let Some((key, sample)) = samples.next().await? {
//!         println!("{} {} {}", key.as_str(), sample.value(), sample.timestamp());
//!     }
//!     Ok::<(), Box<dyn std::error::Error>>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`client::Client`] has the other methods, such as those for many puts at once, and
//! [`client::Error`] the errors.
//!
//! # The program
//!
//! The feature `program` contains it. It is on by default; for the library alone turn the default
//! features off.

#![forbid(unsafe_code)]

mod polled;
mod poller;
mod runtime;
mod server;
mod stream;

pub use metric_proto::{InvalidKey, InvalidReply, Key, Limits, NotFinite, Sample, Selector, Store};
pub use metric_tcp::client;
pub use metric_tcp::{Address, ServerCounters, ServerHandle, Settings, WrongSettings};
pub use polled::{Polled, PolledStream};
pub use runtime::Smol;
pub use server::{run, run_connections, serve, serve_connections};
pub use stream::Stream;

/// A client on smol; see [the example](crate#the-client).
pub type Client = client::Client<Smol>;

/// The programs in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The example for programs on tokio is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../PUSH.md")]
struct Push;
