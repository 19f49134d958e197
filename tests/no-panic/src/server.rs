//! The server with a store: puts, gets of a key and of all, lines that are too long, listings that
//! are resumed.

use core::cell::RefCell;

use metric_proto::{Progress, ServerConnection};

use crate::store::{Board, Smallest};

entries! {
    /// With a store of the size on a board.
    fn server(server: &mut ServerConnection, store: &mut Board, input: &[u8], output: &mut [u8], filled: usize) -> Progress {
        server.process(store, input, output, filled)
    }

    /// With a store of one sample.
    fn server_smallest(
        server: &mut ServerConnection,
        store: &mut Smallest,
        input: &[u8],
        output: &mut [u8], filled: usize) -> Progress {
        server.process(store, input, output, filled)
    }

    /// With a store that is shared, and may be in use.
    fn server_shared(
        server: &mut ServerConnection,
        store: &RefCell<Board>,
        input: &[u8],
        output: &mut [u8], filled: usize) -> Progress {
        server.process(&mut { store }, input, output, filled)
    }
}
