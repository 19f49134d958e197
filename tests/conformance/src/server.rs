//! The two traits between the suite and the server under test.

use std::io::{self, Read, Write};

use crate::Offer;

/// A server under test.
pub trait Server {
    /// Returns the bounds of the server.
    fn offer(&self) -> Offer;

    /// Opens a connection.
    fn connect(&self) -> io::Result<Box<dyn Connection>>;

    /// Restarts the server with an empty store.
    ///
    /// An error of the kind [`Unsupported`](io::ErrorKind::Unsupported) means that this server
    /// cannot be restarted. Cases that need an empty server are then left out.
    fn restart(&mut self) -> io::Result<()>;
}

/// One connection to a server; dropping it closes it at once.
///
/// A read that can no longer succeed must return an error, if necessary after a generous time-out.
/// The suite detects a server that hangs by that error.
pub trait Connection: Read + Write + Send {
    /// Shuts down the writing side. Replies can still be read.
    fn close_write(&mut self) -> io::Result<()>;
}
