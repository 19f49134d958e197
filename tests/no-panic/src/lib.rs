//! Entry points with which a linker shows that bytes from the network never panic.
//!
//! `.ci/no-panic` links each as an image of its own, whose panic handler needs a function that is
//! nowhere, and says what that shows. Whatever an entry point is given comes from outside, so that
//! the compiler knows nothing of it but its type: a server, a store or a buffer may be in any
//! state, even in one that cannot be.

#![no_std]

#[macro_use]
mod entry;

pub mod buffer;
pub mod client;
pub mod deliberate;
pub mod driver;
pub mod driver_client;
pub mod key;
pub mod parser;
pub mod sample;
pub mod server;
pub mod store;
