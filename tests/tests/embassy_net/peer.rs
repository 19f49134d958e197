//! A client on the desk, for scripts.

use embassy_futures::join::join;
use embassy_net::tcp::{Error, TcpSocket};
use embassy_time::{Duration, Timer, with_timeout};
use embedded_io_async::Write;

use crate::world::{World, address};

/// The buffers of a client's socket.
pub(crate) struct Memory {
    rx: Vec<u8>,
    tx: Vec<u8>,
}

/// A connected client.
pub(crate) struct Peer<'a> {
    pub(crate) socket: TcpSocket<'a>,
}

impl Memory {
    pub(crate) fn new(size: usize) -> Self {
        Self { rx: vec![0; size], tx: vec![0; size] }
    }

    pub(crate) fn socket<'m>(&'m mut self, world: &'m World<'_, '_>) -> TcpSocket<'m> {
        let mut socket = TcpSocket::new(world.desk, &mut self.rx, &mut self.tx);
        socket.set_nagle_enabled(false);
        socket
    }

    /// Connects. Tries again while the board refuses because no worker is free.
    pub(crate) async fn connect<'m>(&'m mut self, world: &'m World<'_, '_>) -> Peer<'m> {
        let mut socket = self.socket(world);
        while socket.connect(address(world.settings)).await.is_err() {
            Timer::after(RETRY).await;
        }
        Peer { socket }
    }
}

impl Peer<'_> {
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) -> Result<(), Error> {
        self.socket.write_all(bytes.as_ref()).await
    }

    /// Sends requests, and fails unless the replies are `replies`.
    pub(crate) async fn expect(&mut self, requests: impl AsRef<[u8]>, replies: impl AsRef<[u8]>) {
        let (requests, replies) = (requests.as_ref(), replies.as_ref());
        let (mut reader, mut writer) = self.socket.split();
        let mut got = vec![0; replies.len()];
        let receive = async {
            let mut count = 0;
            while count < got.len() {
                match reader.read(&mut got[count..]).await? {
                    0 => break,
                    more => count += more,
                }
            }
            Ok::<_, Error>(count)
        };
        let (sent, count) = join(writer.write_all(requests), receive).await;
        assert_eq!((sent, count), (Ok(()), Ok(replies.len())));
        assert!(got == replies, "{}", String::from_utf8_lossy(&got));
    }

    /// Closes the connection in order. The board must do so, too, and send nothing more.
    pub(crate) async fn end(mut self) {
        self.socket.close();
        assert_eq!(self.socket.read(&mut [0; 64]).await, Ok(0));
        self.leave().await;
    }

    /// Gives the stack time to send what is left.
    pub(crate) async fn leave(mut self) {
        linger(&mut self.socket).await;
    }

    /// Waits until the board has reset the connection.
    pub(crate) async fn until_reset(&mut self) {
        while self.socket.state() != embassy_net::tcp::State::Closed {
            Timer::after(RETRY).await;
        }
    }
}

/// Waits until the peer has acknowledged the end, and until the stack has sent the last
/// acknowledgement, which it delays for 10 ms.
pub(crate) async fn linger(socket: &mut TcpSocket<'_>) {
    let _ = with_timeout(Duration::from_secs(60), socket.flush()).await;
    Timer::after(Duration::from_millis(20)).await;
}

const RETRY: Duration = Duration::from_millis(20);
