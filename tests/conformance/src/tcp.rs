//! Servers over TCP.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::thread;
use std::time::{Duration, Instant};

use crate::reply::OK;
use crate::{Connection, Offer, Server};

/// A server that is reached over TCP.
pub struct TcpServer {
    offer: Offer,
    address: SocketAddr,
    start: Option<Start>,
    backlog: bool,
    patience: Duration,
}

type Start = Box<dyn FnMut() -> io::Result<SocketAddr>>;

impl TcpServer {
    /// Creates the handle of a running server, which cannot be restarted.
    pub fn at(address: SocketAddr, offer: Offer) -> Self {
        Self { offer, address, start: None, backlog: true, patience: Self::PATIENCE }
    }

    /// Restarts the server by `start`, which returns the new address.
    pub fn restarted_by(mut self, start: impl FnMut() -> io::Result<SocketAddr> + 'static) -> Self {
        self.start = Some(Box::new(start));
        self
    }

    /// How long a server may take to accept a connection, or to go on with a reply. No server takes nearly
    /// as long, unless its network loses frames.
    pub const PATIENCE: Duration = Duration::from_secs(30);

    /// Sets how long the server may take.
    pub fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Begins each connection with a request to see that it is served, and tries again if it is
    /// reset. A board has no backlog, and its port forwarder accepts connections even while all its
    /// sockets are in use.
    pub fn without_backlog(self) -> Self {
        Self { backlog: false, ..self }
    }

    /// Starts a server by `start`, and calls `start` again whenever an empty server is needed.
    ///
    /// `start` owns the server, and must stop the one that it started before.
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
        let connect = if self.backlog { connect } else { connect_and_prove };
        Ok(Box::new(patiently(|| connect(self.address, self.patience))?))
    }

    fn restart(&mut self) -> io::Result<()> {
        let start = self.start.as_mut().ok_or(io::ErrorKind::Unsupported)?;
        self.address = start()?;
        Ok(())
    }
}

impl fmt::Debug for TcpServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offer, address, backlog, patience, .. } = self;
        formatter
            .debug_struct("TcpServer")
            .field("offer", offer)
            .field("address", address)
            .field("backlog", backlog)
            .field("patience", patience)
            .finish_non_exhaustive()
    }
}

impl Connection for TcpStream {
    fn close_write(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

/// Returns the first address of the name that accepts a connection.
pub fn reach(name: &str) -> io::Result<SocketAddr> {
    let mut refusal = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in name.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, TcpServer::PATIENCE) {
            Ok(_) => return Ok(address),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

fn connect(address: SocketAddr, patience: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    Ok(stream)
}

fn connect_and_prove(address: SocketAddr, patience: Duration) -> io::Result<TcpStream> {
    let mut stream = connect(address, patience)?;
    let mut reply = [0; OK.len()];
    stream.write_all(b"get -\n")?;
    stream.read_exact(&mut reply)?;
    let served = reply == OK.as_bytes();
    served.then_some(stream).ok_or_else(|| io::Error::other("`get -` is not answered with ok"))
}

/// Tries again while the server refuses. A board has no backlog, and its sockets are free only after
/// it has seen the connections of the last case close.
fn patiently<T>(mut connect: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let start = Instant::now();
    loop {
        match connect() {
            Err(error) if is_refusal(&error) && start.elapsed() < REFUSAL_GUARD => {
                thread::sleep(RETRY_PAUSE);
            }
            result => return result,
        }
    }
}

fn is_refusal(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionRefused | ConnectionReset | UnexpectedEof)
}

/// The time to keep trying: any server notices a closed connection in it, or times one out.
const REFUSAL_GUARD: Duration = Duration::from_secs(20);

const RETRY_PAUSE: Duration = Duration::from_millis(10);
