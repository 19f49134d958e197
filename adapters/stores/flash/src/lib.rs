//! A store whose samples survive a reset, in the NOR flash of a microcontroller. It uses no allocation.
//!
//! ```text
//!  connections ──▶ FlashStore ──▶ the store in memory ◀── Ring::open, at the start
//!                      │  ▲                                   ▲
//!              a change│  │it is in flash                     │
//!                      ▼  │                                   │
//!                     Slot ──▶ Ring::run, a task ──▶ sequential-storage ──▶ flash
//! ```
//!
//! A change has its place in the [`Slot`] until it is written. The README has an example, and says how
//! long flash lasts.

#![no_std]
#![forbid(unsafe_code)]

mod pages;
mod record;
mod ring;
mod slot;
mod store;
mod verified;
mod wear;

pub use record::longest_record;
pub use ring::{Replay, Ring};
pub use slot::Slot;
pub use store::FlashStore;
pub use wear::Wear;

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
