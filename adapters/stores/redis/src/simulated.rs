//! A simulated engine under the store: masters with replicas, in memory, in a time that jumps.
//!
//! ```text
//!  client.rs ─▶ the store ─▶ pipe.rs ─▶ cluster.rs: who has a part; data.rs: what commands do
//!                               ▲
//!                          schedule.rs: what happens next, as choice.rs says
//! ```
//!
//! Everything runs on one thread until nobody can go on. Then one thing happens that may happen next: a connection
//! is served, ends before or behind that, or falls silent; a silent one is served late; slots move, a master
//! fails. All orders of few things are tried, and random ones of many. A run is the same for the same choices.
//! [`verdict`] has the rules that each history must obey.

mod choice;
mod client;
mod cluster;
mod data;
mod pipe;
mod runs;
mod schedule;
mod surroundings;
mod verdict;

#[path = "../tests/engine/history.rs"]
mod history;
