//! The client for plain threads: each call blocks until it is done.
//!
//! ```
//! use std::time::Duration;
//!
//! use metric_blocking::{Client, Key, NotFinite, Sample, Selector};
//!
//! # use std::net::TcpListener;
//! # let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let server = &listener.local_addr()?.to_string();
//! # let settings = metric_smol::Settings::default();
//! # let store: &_ = Box::leak(Box::new(metric_memory::MemoryStore::new(10, 10)));
//! # std::thread::spawn(move || metric_smol::run([listener], store, &settings, &Default::default()));
//! let mut client = Client::connect(server, Duration::from_secs(5))?;
//! client.put_now("palm.cpu", 23.9)?; // in seconds since 1970
//!
//! let key = Key::new("palm.cpu")?;
//! client.put(key, Sample::new(23.7, 1150864247)?)?;
//!
//! let later = (1150864248..).zip([23.9, 24.1]);
//! let later = later.map(|(time, value)| Ok((key, Sample::new(value, time)?)));
//! let later = later.collect::<Result<Vec<_>, NotFinite>>()?;
//! let answers = client.put_all(later, |index, answer| println!("{index}: {answer:?}"))?;
//! assert_eq!(answers.stored, 2);
//!
//! let series = client.get(Selector::Key(key))?;
//! assert_eq!(series["palm.cpu"].len(), 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It runs the async client of `metric-tcp` over blocking sockets.

#![forbid(unsafe_code)]

mod beside;
mod client;
mod socket;

pub use client::{Client, Puts, Samples};
pub use metric_proto::{InvalidKey, InvalidReply, Key, NotFinite, Sample, Selector};
pub use metric_tcp::client::{Answer, Answers, Error};
pub use metric_tcp::{Address, WrongSettings};

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
