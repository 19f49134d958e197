//! The board as a server for the conformance suite, whose clients run on other threads.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::pin::pin;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use embassy_net::tcp::{Error, TcpSocket};
use metric_conformance::{Connection, Offer, Server};
use smol::channel::{Receiver, Sender, bounded, unbounded};
use smol::future::{or, zip};
use smol::{Timer, block_on};

use crate::clock::Pace;
use crate::peer::linger;
use crate::world::{World, address};

/// A server in its own world.
pub(crate) struct BoardServer {
    offer: Offer,
    start: fn(Receiver<Call>),
    running: Running,
}

/// A request of a client to connect.
pub(crate) struct Call {
    sent: Receiver<Vec<u8>>,
    received: Sender<io::Result<Vec<u8>>>,
    open: Receiver<()>,
    connected: Sender<io::Result<()>>,
}

/// The pace of a world with clients on other threads. It skips the delays of the stack, but not the
/// time-outs.
pub(crate) const PACE: Pace = Pace::JumpsUpTo(Duration::from_millis(100));

impl BoardServer {
    /// Creates a server. `start` runs a world with the script [`answer`].
    pub(crate) fn new(offer: Offer, start: fn(Receiver<Call>)) -> Self {
        Self { offer, start, running: Running::start(start) }
    }
}

impl Server for BoardServer {
    fn offer(&self) -> Offer {
        self.offer
    }

    fn connect(&self) -> io::Result<Box<dyn Connection>> {
        let ((sender, sent), (received, receiver)) = (unbounded(), bounded(1));
        let ((alive, open), (connected, is_connected)) = (bounded(1), bounded(1));
        let call = Call { sent, received, open, connected };
        self.running.calls.send_blocking(call).map_err(|_| io::ErrorKind::ConnectionAborted)?;
        wait_for(&is_connected)??;
        Ok(Box::new(Line { sender: Some(sender), receiver, unread: Vec::new(), _alive: alive }))
    }

    fn restart(&mut self) -> io::Result<()> {
        self.running = Running::start(self.start);
        Ok(())
    }
}

/// A world that exists until this is dropped.
struct Running {
    calls: Sender<Call>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn start(start: fn(Receiver<Call>)) -> Self {
        let (calls, answered) = unbounded();
        // Debug builds create a store on the stack before they move it.
        let thread = thread::Builder::new().stack_size(64 << 20);
        let thread = thread.spawn(move || start(answered)).expect("a thread can be started");
        Self { calls, thread: Some(thread) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.calls.close();
        self.thread.take().map(JoinHandle::join).expect("it runs").expect("the world ends well");
    }
}

/// The script of a world: connects callers until the server is dropped.
pub(crate) async fn answer(world: &World<'_, '_>, calls: Receiver<Call>) {
    while let Ok(call) = calls.recv().await {
        let (desk, board) = (world.desk, address(world.settings));
        let connect = async move {
            let (mut rx, mut tx) = (vec![0; 8192], vec![0; 8192]);
            let mut socket = TcpSocket::new(desk, &mut rx, &mut tx);
            socket.set_nagle_enabled(false);
            // The workers are free only after they have seen the connections of the last case end.
            for _ in 0..100 {
                if socket.connect(board).await.is_ok() {
                    let _ = call.connected.send(Ok(())).await;
                    let socket = RefCell::new(socket);
                    converse(&socket, call).await;
                    return linger(&mut socket.into_inner()).await;
                }
                embassy_time::Timer::after_millis(20).await;
            }
            let _ = call.connected.send(Err(io::ErrorKind::ConnectionRefused.into())).await;
        };
        world.executor.spawn(connect).detach();
    }
}

/// Carries bytes in both directions, like an operating system does for its processes.
async fn converse(socket: &RefCell<TcpSocket<'_>>, call: Call) {
    let Call { sent, received, open, .. } = call;
    let send = async {
        while let Ok(bytes) = sent.recv().await {
            if write_all(socket, &bytes).await.is_err() {
                return;
            }
        }
        socket.borrow_mut().close();
    };
    let receive = async {
        let deliver = async {
            while let Some(bytes) = read(socket).await.transpose() {
                if received.send(bytes.map_err(reset)).await.is_err() {
                    break;
                }
            }
            received.close();
        };
        or(deliver, async { open.recv().await.unwrap_or_default() }).await;
        // The caller has closed its end, so further bytes cause a reset.
        if open.is_closed() && until_readable(socket).await.is_ok() {
            socket.borrow_mut().abort();
        }
    };
    zip(send, receive).await;
}

/// Reads what has arrived. Returns `None` at the end of the stream.
async fn read(socket: &RefCell<TcpSocket<'_>>) -> Result<Option<Vec<u8>>, Error> {
    let mut bytes = vec![0; 4096];
    let count = poll_fn(|context| pin!(socket.borrow_mut().read(&mut bytes)).poll(context)).await?;
    bytes.truncate(count);
    Ok((count > 0).then_some(bytes))
}

async fn write_all(socket: &RefCell<TcpSocket<'_>>, mut bytes: &[u8]) -> Result<(), Error> {
    while !bytes.is_empty() {
        let count = poll_fn(|context| pin!(socket.borrow_mut().write(bytes)).poll(context)).await?;
        bytes = &bytes[count..];
    }
    Ok(())
}

async fn until_readable(socket: &RefCell<TcpSocket<'_>>) -> Result<(), Error> {
    poll_fn(|context| pin!(socket.borrow_mut().read_with(|_| (0, ()))).poll(context)).await
}

fn reset(_: Error) -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

/// The caller's end of a connection.
struct Line {
    sender: Option<Sender<Vec<u8>>>,
    receiver: Receiver<io::Result<Vec<u8>>>,
    unread: Vec<u8>,
    /// Signals, when dropped, that the caller does not read any more.
    _alive: Sender<()>,
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sender = self.sender.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        sender.send_blocking(bytes.into()).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.unread.is_empty() {
            match wait_for(&self.receiver) {
                Ok(bytes) => self.unread = bytes?,
                Err(error) if error.kind() == io::ErrorKind::TimedOut => return Err(error),
                Err(_) => return Ok(0),
            }
        }
        let count = self.unread.as_slice().read(buffer)?;
        self.unread.drain(..count);
        Ok(count)
    }
}

impl Connection for Line {
    fn close_write(&mut self) -> io::Result<()> {
        self.sender = None;
        Ok(())
    }
}

fn wait_for<T>(receiver: &Receiver<T>) -> io::Result<T> {
    let received = async { receiver.recv().await.map_err(|_| io::ErrorKind::BrokenPipe.into()) };
    let hangs = async {
        Timer::after(HANG_GUARD).await;
        Err(io::ErrorKind::TimedOut.into())
    };
    block_on(or(received, hangs))
}

/// The time-out of a server that hangs. No other server takes nearly as long.
const HANG_GUARD: Duration = Duration::from_secs(30);
