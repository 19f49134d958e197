//! The server on [smol]: a listener, a store and settings, until it is told to stop.
//!
//! ```no_run
//! use std::net::TcpListener;
//!
//! use metric_proto::FixedStore;
//! use metric_smol::{Control, Settings, serve};
//! use std::cell::RefCell;
//!
//! let listener = TcpListener::bind("127.0.0.1:8888")?;
//! let store = RefCell::new(FixedStore::<32, 100, 64>::new());
//! let control = Control::default(); // `control.stop()` from anywhere ends it
//! smol::block_on(serve(listener, &store, &Settings::default(), &control))?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Such a server runs within its caller's thread; [`run`] is for several threads and a store with
//! locks. The package's program is behind the feature `program`, which is on by default: who needs
//! the library alone turns the default features off.

#![forbid(unsafe_code)]

mod runtime;
mod server;

pub use metric_desktop::client;
pub use metric_desktop::{Control, Settings, Traffic};
pub use runtime::Smol;
pub use server::{run, serve};

/// A client on smol.
pub type Client = client::Client<Smol>;

/// The programs in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
