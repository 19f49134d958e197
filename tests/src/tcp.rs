//! Servers behind an address.

use std::fmt;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Connection, Offer, Server};

/// A server that is reached over TCP.
pub struct TcpServer {
    offer: Offer,
    address: SocketAddr,
    start: Option<Start>,
}

type Start = Box<dyn FnMut() -> io::Result<SocketAddr>>;

impl TcpServer {
    /// Takes the server as it runs at an address; it cannot be emptied.
    pub fn at(address: SocketAddr, offer: Offer) -> Self {
        Self { offer, address, start: None }
    }

    /// Lets the server be emptied by a function that starts it afresh and says where it listens.
    pub fn restarted_by(mut self, start: impl FnMut() -> io::Result<SocketAddr> + 'static) -> Self {
        self.start = Some(Box::new(start));
        self
    }

    /// Starts a server with a function that is called again whenever an empty server is needed.
    ///
    /// The function owns what it starts: it stops the server it started before.
    pub fn started_by(
        offer: Offer,
        mut start: impl FnMut() -> io::Result<SocketAddr> + 'static,
    ) -> io::Result<Self> {
        let address = start()?;
        Ok(Self::at(address, offer).restarted_by(start))
    }
}

impl Server for TcpServer {
    fn offer(&self) -> Offer {
        self.offer
    }

    fn connect(&self) -> io::Result<Box<dyn Connection>> {
        let stream = connect_patiently(self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(HANG_GUARD))?;
        stream.set_write_timeout(Some(HANG_GUARD))?;
        Ok(Box::new(stream))
    }

    fn restart(&mut self) -> io::Result<()> {
        let start = self.start.as_mut().ok_or(io::ErrorKind::Unsupported)?;
        self.address = start()?;
        Ok(())
    }
}

impl fmt::Debug for TcpServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offer, address, .. } = self;
        formatter
            .debug_struct("TcpServer")
            .field("offer", offer)
            .field("address", address)
            .finish_non_exhaustive()
    }
}

impl Connection for TcpStream {
    fn close_write(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

/// Finds an address behind the name that takes a connection.
pub fn reach(name: &str) -> io::Result<SocketAddr> {
    let mut refusal = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in name.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, HANG_GUARD) {
            Ok(_) => return Ok(address),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

/// Tries again while the server refuses: a board has no backlog, and the sockets of the case
/// before come back to it only when it has seen them close.
fn connect_patiently(address: SocketAddr) -> io::Result<TcpStream> {
    let start = Instant::now();
    loop {
        match TcpStream::connect_timeout(&address, HANG_GUARD) {
            Err(error) if is_refusal(&error) && start.elapsed() < REFUSAL_GUARD => {
                thread::sleep(RETRY_PAUSE);
            }
            result => return result,
        }
    }
}

fn is_refusal(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionRefused | ConnectionReset)
}

/// So generous that only a server that hangs ever meets it.
const HANG_GUARD: Duration = Duration::from_secs(30);

/// Long enough for any server to notice a closed connection.
const REFUSAL_GUARD: Duration = Duration::from_secs(2);

const RETRY_PAUSE: Duration = Duration::from_millis(10);
