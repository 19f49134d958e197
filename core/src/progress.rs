//! What a call of the server did, and what it waits for.

#[cfg(doc)]
use crate::server::ServerConnection;
#[cfg(doc)]
use crate::store::Store;

/// What a call of [`ServerConnection::process`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many bytes at the front of the input are done with. The rest must come again, at the
    /// front of the next call's input.
    pub consumed: usize,
    /// How many bytes of the output are to be sent, those that were filled before among them.
    pub filled: usize,
    /// What the next call must bring.
    pub next: Next,
    /// What was answered.
    pub tally: Tally,
}

/// What the server waits for.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// More input: every complete line is answered. What is filled may be sent now or later.
    Input,
    /// More output: send all that is filled, and call again with what was not consumed.
    Output,
    /// The store: await [`Store::poll_ready`], send nothing, and call again with what was not
    /// consumed and what is filled. Only stores that wait ask for it.
    Wait,
    /// Nothing more: send what is filled, and close the connection. The reply to the get at the
    /// front cannot be brought to its end, and a listing without its empty line says so.
    Close,
}

/// How many lines were answered.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests, among them the puts that the store refused.
    pub requests: u32,
    /// Wrong commands.
    pub wrong_commands: u32,
}
