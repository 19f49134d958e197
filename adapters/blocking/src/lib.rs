//! The client without async: each call blocks until it is done.
//!
//! ```
//! use std::time::Duration;
//!
//! use metric_blocking::Client;
//! use metric_proto::{Key, Sample, Selector};
//!
//! # use std::net::TcpListener;
//! # let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let server = &listener.local_addr()?.to_string();
//! # let settings = metric_smol::Settings::default();
//! # let store: &_ = Box::leak(Box::new(metric_memory::MemoryStore::new(10, 10)));
//! # std::thread::spawn(move || metric_smol::run([listener], store, &settings, &Default::default()));
//! let mut client = Client::connect(server, Duration::from_secs(5))?;
//! let key = Key::new("palm.cpu")?;
//! client.put(key, Sample::new(23.7, 1150864247)?)?;
//!
//! let later = (1150864248..).zip([23.9, 24.1]);
//! let later = later.map(|(time, value)| Ok((key, Sample::new(value, time)?)));
//! let later = later.collect::<Result<Vec<_>, metric_proto::NotFinite>>()?;
//! client.put_all(later, |index, answer| println!("{index}: {answer:?}"))?;
//!
//! let series = client.get(Selector::Key(key))?;
//! assert_eq!(series["palm.cpu"].len(), 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It runs the async client of `metric-tcp` over blocking sockets.

#![forbid(unsafe_code)]

mod beside;
mod client;
mod socket;

pub use client::{Client, Puts, Samples};
pub use metric_tcp::client::{Answer, Answers, Error};
pub use metric_tcp::{Address, DEFAULT_PORT, WrongAddress};

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
