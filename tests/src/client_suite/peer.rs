//! A server that follows a script.

use std::io::{Read, Write};
use std::mem::replace;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::SockRef;

/// A server on a thread that follows a script with its only client.
///
/// Dropping it shuts the connection down, and panics if the script did.
#[derive(Debug)]
pub struct Peer {
    address: SocketAddr,
    connection: Arc<Mutex<Connection>>,
    thread: Option<JoinHandle<()>>,
}

/// The only connection of a peer.
#[derive(Debug)]
enum Connection {
    Awaited,
    Open(TcpStream),
    Ended,
}

impl Peer {
    /// Starts a peer. The script begins when the client has connected.
    ///
    /// # Panics
    ///
    /// If no socket can be opened.
    pub fn start(script: impl FnOnce(TcpStream) + Send + 'static) -> Self {
        Self::at(TcpListener::bind("127.0.0.1:0").expect("a free port"), script)
    }

    /// Starts a peer with kernel buffers of a few KiB and small segments.
    ///
    /// # Panics
    ///
    /// If no socket can be opened.
    pub fn start_narrow(script: impl FnOnce(TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        // Accepted sockets inherit these options.
        let socket = SockRef::from(&listener);
        socket.set_recv_buffer_size(8192).expect("the option can be set");
        socket.set_send_buffer_size(4096).expect("the option can be set");
        socket.set_tcp_mss(536).expect("the option can be set");
        Self::at(listener, script)
    }

    fn at(listener: TcpListener, script: impl FnOnce(TcpStream) + Send + 'static) -> Self {
        let address = listener.local_addr().expect("the listener is bound");
        let connection = Arc::new(Mutex::new(Connection::Awaited));
        let kept = Arc::clone(&connection);
        let thread = thread::spawn(move || {
            let (stream, _) = listener.accept().expect("the client connects");
            stream.set_nodelay(true).expect("the option can be set");
            kept.lock().expect("the mutex is not poisoned").open(&stream);
            script(stream);
            // The other handle would keep the connection open.
            *kept.lock().expect("the mutex is not poisoned") = Connection::Ended;
        });
        Self { address, connection, thread: Some(thread) }
    }

    /// Starts a peer that reads `lines` lines, sends `bytes` in pieces of `piece` bytes, and keeps
    /// the connection open.
    #[must_use]
    pub fn replies(lines: usize, bytes: impl Into<Vec<u8>>, piece: usize) -> Self {
        let bytes = bytes.into();
        Self::start(move |mut stream| {
            read_lines(&mut stream, lines);
            write_in_pieces(&mut stream, &bytes, piece);
            until_end(&mut stream);
        })
    }

    /// Starts a peer that answers each line with the next of `replies`, in pieces of `piece` bytes.
    #[must_use]
    pub fn answers(replies: Vec<&'static str>, piece: usize) -> Self {
        Self::start(move |mut stream| {
            let (mut replies, mut buffer) = (replies.into_iter(), [0; 4096]);
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                let lines = buffer[..count].iter().filter(|byte| **byte == b'\n').count();
                let replies: String = replies.by_ref().take(lines).collect();
                write_in_pieces(&mut stream, replies.as_bytes(), piece);
            }
        })
    }

    /// Starts a peer that reads `lines` lines, sends `bytes`, and closes the connection.
    #[must_use]
    pub fn cuts(lines: usize, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |mut stream| {
            read_lines(&mut stream, lines);
            write_in_pieces(&mut stream, &bytes, usize::MAX);
        })
    }

    /// Starts a peer that reads `lines` lines, sends `bytes`, and resets the connection.
    #[must_use]
    pub fn resets(lines: usize, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |mut stream| {
            read_lines(&mut stream, lines);
            write_in_pieces(&mut stream, &bytes, usize::MAX);
            let linger = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
            linger.expect("the option can be set");
        })
    }

    /// Returns the address at which the peer listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Connection {
    /// Keeps a handle of an accepted stream, or shuts it down if the peer was dropped meanwhile.
    fn open(&mut self, stream: &TcpStream) {
        match self {
            Self::Awaited => *self = Self::Open(stream.try_clone().expect("a handle is free")),
            Self::Open(_) | Self::Ended => drop(stream.shutdown(Shutdown::Both)),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        match replace(&mut *connection, Connection::Ended) {
            Connection::Open(stream) => drop(stream.shutdown(Shutdown::Both)),
            // The client has not connected yet; behind a gateway it may only believe so. The thread
            // accepts this connection instead, or the client's, and shuts it down.
            Connection::Awaited => drop(TcpStream::connect(self.address)),
            Connection::Ended => {}
        }
        drop(connection);
        self.thread
            .take()
            .map(JoinHandle::join)
            .expect("the thread runs")
            .expect("the script does not panic");
    }
}

/// Reads exactly `count` lines, or fewer if the client ends the stream.
pub(super) fn read_lines(stream: &mut TcpStream, count: usize) {
    let mut byte = [0];
    let mut left = count;
    while left > 0 && matches!(stream.read(&mut byte), Ok(1)) {
        left -= usize::from(byte == *b"\n");
    }
}

/// Sends bytes in pieces until the client closes.
pub(super) fn write_in_pieces(stream: &mut TcpStream, bytes: &[u8], piece: usize) {
    for piece in bytes.chunks(piece) {
        if stream.write_all(piece).is_err() {
            return;
        }
    }
}

/// Reads until the client or the test ends the connection.
pub(super) fn until_end(stream: &mut TcpStream) {
    while matches!(stream.read(&mut [0; 4096]), Ok(1..)) {}
}
