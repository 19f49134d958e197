//! Servers without a network: a function from the bytes received to the bytes sent back.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::{Connection, ModelConnection, ModelStore, Offer, Server};

/// The function of one connection. It takes the bytes received and returns the replies.
///
/// An error means that the server has closed the connection.
pub type Feed = Box<dyn FnMut(&[u8]) -> io::Result<Vec<u8>> + Send>;

/// A server that lives in memory and answers within the write.
pub struct MemoryServer {
    offer: Offer,
    start: Box<dyn Fn() -> Accept>,
    accept: Accept,
    open: Arc<()>,
}

type Accept = Box<dyn Fn() -> Feed>;

impl MemoryServer {
    /// Creates a server. `start` starts it, empty, and returns a function that makes a [`Feed`] for
    /// each connection.
    pub fn new<A>(offer: Offer, start: impl Fn() -> A + 'static) -> Self
    where
        A: Fn() -> Feed + 'static,
    {
        let start = move || -> Accept { Box::new(start()) };
        Self { offer, accept: start(), start: Box::new(start), open: Arc::new(()) }
    }

    /// Creates a server that is the model with the bounds of `offer`.
    pub fn model(offer: Offer) -> Self {
        Self::new(offer, move || {
            let store = Arc::new(Mutex::new(ModelStore::new(offer.into())));
            move || model_feed(Arc::clone(&store))
        })
    }
}

impl Server for MemoryServer {
    fn offer(&self) -> Offer {
        self.offer
    }

    fn connect(&self) -> io::Result<Box<dyn Connection>> {
        let open = Arc::strong_count(&self.open) - 1;
        if open >= self.offer.connections {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        Ok(Box::new(MemoryConnection {
            feed: (self.accept)(),
            replies: Vec::new(),
            read: 0,
            write_closed: false,
            _open: Arc::clone(&self.open),
        }))
    }

    fn restart(&mut self) -> io::Result<()> {
        self.accept = (self.start)();
        Ok(())
    }
}

impl fmt::Debug for MemoryServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MemoryServer").field("offer", &self.offer).finish_non_exhaustive()
    }
}

fn model_feed(store: Arc<Mutex<ModelStore>>) -> Feed {
    let mut connection = ModelConnection::default();
    Box::new(move |bytes| {
        let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(connection.feed(&mut store, bytes))
    })
}

struct MemoryConnection {
    feed: Feed,
    replies: Vec<u8>,
    read: usize,
    write_closed: bool,
    /// Its count is the number of open connections.
    _open: Arc<()>,
}

impl Write for MemoryConnection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.write_closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.replies.extend((self.feed)(bytes)?);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for MemoryConnection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = (&self.replies[self.read..]).read(buffer)?;
        self.read += count;
        if count == 0 && !buffer.is_empty() && !self.write_closed {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "this read would hang"));
        }
        Ok(count)
    }
}

impl Connection for MemoryConnection {
    fn close_write(&mut self) -> io::Result<()> {
        self.write_closed = true;
        Ok(())
    }
}
