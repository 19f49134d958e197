//! The server and the client on [embassy-net](https://docs.rs/embassy-net), for microcontrollers. They
//! use no allocation and no threads.
//!
//! # The server
//!
//! A [`Worker`] owns the memory of one connection and serves one connection after the other, for
//! ever. Any number of workers, each in its own task, share one store. Idle workers listen. They
//! are the only backlog: embassy-net resets a peer that finds no listening socket.
//!
//! ```no_run
//! use core::cell::RefCell;
//! use metric_embassy_net::{Counters, Settings, Worker};
//! use metric_proto::{FixedStore, Limits};
//!
//! type Store = RefCell<FixedStore<32, 40, 48>>;
//!
//! /// The body of a task. Start one for each connection to serve at the same time.
//! async fn serve(stack: embassy_net::Stack<'_>, store: &Store, counters: &Counters) -> ! {
//!     let settings = Settings::new(Limits::new(128, 48));
//!     let mut worker = Worker::<130, 512, 512, 1024>::new();
//!     worker.run(stack, store, &settings, counters).await
//! }
//! ```
//!
//! # The client
//!
//! A board that reports to a server elsewhere uses a [`Client`]. Its [`ClientBuffers`] outlive each
//! connection.
//!
//! ```no_run
//! use embassy_net::{Ipv4Address, Stack};
//! use embassy_time::{Duration, Instant, Timer};
//! use metric_embassy_net::{
//!     Client, ClientBuffers, ClientError, Key, Limits, MAX_REQUEST, Sample,
//! };
//!
//! const SERVER: (Ipv4Address, u16) = (Ipv4Address::new(10, 0, 0, 1), 8888);
//!
//! /// The body of a task, which connects again whenever a connection fails.
//! async fn report(stack: Stack<'_>) -> ! {
//!     let (limits, time) = (Limits::new(128, 48), Duration::from_secs(10));
//!     let mut buffers = ClientBuffers::<512, 512>::new(); // RX, TX
//!     loop {
//!         if let Ok(client) = buffers.connect(stack, SERVER, limits, time).await {
//!             let _ = put_for_ever(client).await;
//!         }
//!         Timer::after(time).await;
//!     }
//! }
//!
//! type Small<'a> = Client<'a, 130, MAX_REQUEST>; // IN, OUT
//!
//! async fn put_for_ever(mut client: Small<'_>) -> Result<(), ClientError> {
//!     let key = Key::new("board.uptime")?;
//!     loop {
//!         let seconds = Instant::now().as_secs();
//!         client.put(key, Sample::new(seconds as f64, seconds as i64)?).await?;
//!         Timer::after_secs(5).await;
//!     }
//! }
//! ```
//!
//! To close a connection properly, call `client.into_stream().close().await`.
//!
//! # Reporting a whole store
//!
//! [`push`] reports all samples of a store, and goes on after an outage with those that are still in it.

#![no_std]
#![forbid(unsafe_code)]

mod backlog;
mod backoff;
mod client;
mod connection;
mod counters;
mod deadlines;
mod push;
mod server_time;
mod settings;
mod worker;

pub use backlog::Backlog;
pub use backoff::Backoff;
pub use client::{Client, ClientBuffers, ClientError, ClientSocket};
pub use connection::Broken;
pub use counters::Counters;
pub use metric_proto::{InvalidKey, InvalidReply, Key, Limits, MAX_REQUEST, NotFinite, Sample};
pub use metric_proto::{Selector, Store};
pub use push::{PushCounters, push};
pub use settings::Settings;
pub use worker::Worker;

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
