//! The result of a call of the server, and what the next call needs.

#[cfg(doc)]
use crate::server::ServerConnection;
#[cfg(doc)]
use crate::store::Store;

/// What a call of [`ServerConnection::process`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The number of bytes consumed at the front of the input. Pass the rest again, at the front of
    /// the next call's input.
    pub consumed: usize,
    /// The number of output bytes to send, including those that were filled before the call.
    pub filled: usize,
    /// What the next call needs.
    pub next: Next,
    /// How many lines were answered.
    pub tally: Tally,
}

/// What the server needs next.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// More input: every complete line is answered. Send the filled output now or later.
    Input,
    /// Free output: send all of the filled output, and call again with the unconsumed input.
    Output,
    /// The store: await [`Store::poll_ready`], send nothing, and call again with the unconsumed
    /// input and the filled output. Only stores that wait return this.
    Wait,
    /// Nothing: send the filled output, and close the connection. The reply to the get at the front
    /// cannot be completed. A client sees that by the missing empty line.
    Close,
}

/// How many lines were answered.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests, including puts that the store refused.
    pub requests: u32,
    /// Wrong commands.
    pub wrong_commands: u32,
}
