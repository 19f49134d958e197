//! The embassy-net server on the host: two network stacks in one thread, joined in memory.

mod blink;
mod client;
mod clock;
mod conformance;
mod faults;
mod gateway;
mod link;
mod lost_network;
mod mdns;
mod page;
#[expect(unreachable_pub, dead_code, reason = "these are parts of a library")]
mod parts;
mod peer;
mod push;
mod server;
mod station;
mod world;
