//! The two traits between the suite and whatever it judges.

use std::io::{self, Read, Write};

use crate::Offer;

/// A server that can be connected to and, perhaps, emptied.
pub trait Server {
    /// Says what the server offers.
    fn offer(&self) -> Offer;

    /// Opens a connection.
    fn connect(&self) -> io::Result<Box<dyn Connection>>;

    /// Starts the server afresh, with nothing stored.
    ///
    /// An error of the kind [`Unsupported`](io::ErrorKind::Unsupported) says that this server
    /// cannot be emptied: the cases that need it are left out.
    fn restart(&mut self) -> io::Result<()>;
}

/// One connection to a server; dropping it closes it at once.
///
/// A read that can no longer succeed must end in an error, after a generous time if it has to
/// wait: that is how the suite notices a server that hangs.
pub trait Connection: Read + Write + Send {
    /// Tells the server that nothing more will be sent; replies can still be read.
    fn close_write(&mut self) -> io::Result<()>;
}
