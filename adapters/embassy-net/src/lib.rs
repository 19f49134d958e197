//! The server on [embassy-net](embassy_net), for microcontrollers: no allocation, no threads.
//!
//! A [`Worker`] owns the memory of one connection and serves one after the other, for ever. As many
//! workers as there are tasks for them share one store; those that are not busy listen, and are
//! all the backlog there is: embassy-net resets a peer that finds no socket listening.
//!
//! ```no_run
//! use core::cell::RefCell;
//! use metric_embassy_net::{Counters, Settings, Worker};
//! use metric_proto::{FixedStore, Limits};
//!
//! type Store = RefCell<FixedStore<32, 40, 48>>;
//!
//! /// The body of a task, of which there are as many as connections at once.
//! async fn serve(stack: embassy_net::Stack<'_>, store: &Store, counters: &Counters) -> ! {
//!     let settings = Settings { limits: Limits::new(128, 48), ..Settings::default() };
//!     let mut worker = Worker::<130, 512, 512, 1024>::new();
//!     worker.run(stack, store, &settings, counters).await
//! }
//! ```

#![no_std]
#![forbid(unsafe_code)]

mod connection;
mod counters;
mod deadlines;
mod settings;
mod worker;

pub use counters::Counters;
pub use settings::Settings;
pub use worker::Worker;
