//! The native protocol, counted by the server.

use metric_driver::Lines;
use metric_proto::{Limits, Store, Tally};

use crate::server_handle::Share;

/// Creates a session of the native protocol over a store. The server counts its answers.
pub fn lines<S: Store>(
    limits: Limits,
    store: S,
    server: Share,
) -> Lines<S, impl FnMut(Tally, &[u8]) + use<S>> {
    Lines::new(limits, store, move |tally, bytes: &[u8]| server.answered(tally, bytes))
}
