//! Multicast DNS (RFC 6762) for a board with one name and one IPv4 address, without IO and without
//! allocation: functions over the bytes of datagrams.
//!
//! ```text
//! a query for metric.local ──▶ answer ──▶ an answer, and to whom to send it
//! what others answer ──▶ is_conflict ──▶ whether another host has the name
//! ```
//!
//! ```
//! use metric_mdns::{Host, MAX_MESSAGE, Name, PORT, To, answer};
//!
//! let host = Host { name: Name::new("metric")?, address: [192, 168, 1, 23].into() };
//! let query = b"\0\0\0\0\0\x01\0\0\0\0\0\0\x06metric\x05local\0\0\x01\0\x01";
//! let mut output = [0; MAX_MESSAGE];
//! let answer = answer(query, PORT, &host, &mut output).unwrap();
//! assert_eq!(answer.to, To::Group);
//! # Ok::<(), metric_mdns::InvalidName>(())
//! ```

#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod answer;
mod host;
mod name;
mod reader;
mod writer;

pub use answer::{Answer, To, answer};
pub use host::{GROUP, HOP_LIMIT, Host, MAX_MESSAGE, PORT, announce, is_conflict, probe};
pub use name::{InvalidName, Name};
