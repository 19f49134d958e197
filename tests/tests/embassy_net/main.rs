//! The embassy-net server on the host: two network stacks in one thread, joined in memory.

mod client;
mod clock;
mod conformance;
mod faults;
mod gateway;
mod link;
mod lost_network;
mod page;
mod peer;
mod server;
mod world;
