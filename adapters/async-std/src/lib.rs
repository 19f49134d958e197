//! The server on [async-std](async_std): a listener, a store and settings, until it is told to
//! stop.
//!
//! async-std is discontinued. It is served here because it was asked for and works; for anything
//! new take `metric-smol`, whose library is the same but for its name.
//!
//! ```no_run
//! use std::net::TcpListener;
//! use std::sync::LazyLock;
//!
//! use metric_async_std::{Control, Settings, serve};
//! use metric_memory::MemoryStore;
//!
//! static STORE: LazyLock<MemoryStore> = LazyLock::new(|| MemoryStore::new(1_000, 1_000));
//!
//! let listener = TcpListener::bind("127.0.0.1:8888")?;
//! let control = Control::default(); // `control.stop()` from anywhere ends it
//! async_std::task::block_on(serve(listener, &*STORE, &Settings::default(), &control));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The package's program is behind the feature `program`, which is on by default: who needs the
//! library alone turns the default features off.

#![forbid(unsafe_code)]

mod runtime;
mod server;

pub use metric_desktop::client;
pub use metric_desktop::{Control, Settings, Traffic};
pub use runtime::AsyncStd;
pub use server::serve;

/// A client on async-std.
pub type Client = client::Client<AsyncStd>;
