//! The server and the client on [async-std](https://docs.rs/async-std).
//!
//! async-std is discontinued. This crate is for programs that still use it. For new programs use
//! `metric-smol`, whose library is the same except for names.
//!
//! # The server
//!
//! It serves listeners over a store until it is told to stop:
//!
//! ```no_run
//! use std::net::TcpListener;
//! use std::sync::LazyLock;
//!
//! use metric_async_std::{ServerHandle, Settings, serve};
//! use metric_memory::MemoryStore;
//!
//! static STORE: LazyLock<MemoryStore> = LazyLock::new(|| MemoryStore::new(1_000, 1_000));
//!
//! let listener = TcpListener::bind("127.0.0.1:8888")?;
//! let handle = ServerHandle::default(); // `handle.stop()` from anywhere ends it
//! async_std::task::block_on(serve([listener], &*STORE, &Settings::default(), &handle))?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # The client
//!
//! ```
//! use std::time::Duration;
//!
//! use metric_async_std::{Client, Key, Sample, Selector};
//!
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let server = &listener.local_addr()?.to_string();
//! # let store: &_ = Box::leak(Box::new(metric_memory::MemoryStore::new(10, 10)));
//! # std::thread::spawn(move || {
//! #     let (settings, handle) = Default::default();
//! #     async_std::task::block_on(metric_async_std::serve([listener], store, &settings, &handle))
//! # });
//! async_std::task::block_on(async {
//!     let mut client = Client::connect(server, Duration::from_secs(5)).await?;
//!     client.put_now("palm.cpu", 23.9).await?; // in seconds since 1970
//!
//!     let key = Key::new("palm.cpu")?;
//!     client.put(key, Sample::new(23.7, 1150864247)?).await?;
//!     let series = client.get(Selector::Key(key)).await?;
//!     assert_eq!(series["palm.cpu"][0].value(), 23.7);
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

mod runtime;
mod server;
mod stream;

pub use metric_proto::{InvalidKey, InvalidReply, Key, Limits, NotFinite, Sample, Selector, Store};
pub use metric_tcp::client;
pub use metric_tcp::{Address, ServerCounters, ServerHandle, Settings, WrongSettings};
pub use runtime::AsyncStd;
pub use server::{serve, serve_connections};
pub use stream::Stream;

/// A client on async-std; see [the example](crate#the-client).
pub type Client = client::Client<AsyncStd>;

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
