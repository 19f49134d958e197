//! The native protocol, counted by the server.

use metric_driver::Lines;
use metric_proto::{Limits, Store, Tally};

use crate::long_lines::LongLines;
use crate::server_handle::Share;

/// Creates the session of a connection that speaks the native protocol over a store. What it answers
/// is counted by the server.
pub fn lines<S: Store>(
    limits: Limits,
    store: S,
    server: Share,
) -> Lines<S, impl FnMut(Tally, &[u8]) + use<S>> {
    let mut long_lines = LongLines::new(limits);
    Lines::new(limits, store, move |tally, bytes: &[u8]| {
        server.answered(tally, long_lines.count(tally, bytes), bytes);
    })
}
