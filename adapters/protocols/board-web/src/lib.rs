//! The page and the HTTP API of a board, without IO and without allocation.
//!
//! [`Http`] is a [`Session`](metric_driver::Session): one request and its reply, in HTTP/1.0. A worker
//! of [metric-embassy-net](https://docs.rs/metric-embassy-net) runs it on a port of its own.
//!
//! ```text
//! GET / HTTP/1.1            ┌──────┐   HTTP/1.0 200 OK
//! Host: metric.local  ────▶ │ Http │ ────▶ Connection: close
//!                           └──┬───┘       …
//!                            Store
//! ```

#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod fields;
mod http;
mod refusal;
mod reply;
mod request;
mod selection;

pub use fields::MAX_FIELDS;
pub use http::Http;
pub use request::longest_line;
