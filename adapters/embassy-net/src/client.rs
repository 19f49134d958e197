//! The client, for a board that reports to a server elsewhere.

use embassy_net::tcp::{ConnectError, TcpSocket};
use embassy_net::{IpEndpoint, Stack};
use embassy_time::{Duration, with_deadline};
use embedded_io_async::{ErrorType, Read, Write};
use metric_driver::client::{self, window_for};
use metric_proto::Limits;

use crate::connection::{Broken, abort, close};
use crate::deadlines::within;

/// A connection to a server, with `IN` bytes for replies and `OUT` for requests. Its methods are
/// those of [`metric_driver::client::Client`].
///
/// Dropping it frees its resources without telling the server, where the connection stays open
/// until it is found dead. [`ClientSocket::close`] closes it properly.
pub type Client<'a, const IN: usize, const OUT: usize> = client::Client<ClientSocket<'a>, IN, OUT>;

/// The error of a request; see [`metric_driver::client::Error`].
pub type ClientError = client::Error<Broken>;

/// The socket buffers of a client's connection: `RX` bytes to receive and `TX` bytes to send.
///
/// Both are at least 1. A reply to a put takes up to 21 bytes, and the client sends as many puts
/// without waiting as `RX` has room for replies: 24 with 512 bytes.
#[derive(Debug)]
pub struct ClientBuffers<const RX: usize, const TX: usize> {
    rx: [u8; RX],
    tx: [u8; TX],
}

impl<const RX: usize, const TX: usize> ClientBuffers<RX, TX> {
    /// Creates buffers of zeros, which take no flash if they are static.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(RX > 0 && TX > 0, "a socket without a buffer moves no bytes") };
        Self { rx: [0; RX], tx: [0; TX] }
    }

    /// Connects to a server. `time` is the time-out for connecting and for each read and write.
    ///
    /// `limits` bounds the lines of replies: `IN` is at least [`Limits::min_input`], and `OUT` at
    /// least [`MAX_REQUEST`](metric_proto::MAX_REQUEST). The client uses one of the stack's
    /// sockets.
    ///
    /// # Errors
    ///
    /// Any [`ConnectError`](https://docs.rs/embassy-net/latest/embassy_net/tcp/enum.ConnectError.html);
    /// `TimedOut` if the server does not accept in time.
    ///
    /// # Panics
    ///
    /// If `IN` is too small for the limits, or if the stack has no free socket.
    pub async fn connect<'a, const IN: usize, const OUT: usize>(
        &'a mut self,
        stack: Stack<'a>,
        server: impl Into<IpEndpoint>,
        limits: Limits,
        time: Duration,
    ) -> Result<Client<'a, IN, OUT>, ConnectError> {
        let socket = self.open(stack, server, time).await?;
        Ok(Client::new(socket, limits, window_for(RX)))
    }

    /// Connects to a server, as [`connect`](Self::connect) does.
    pub(crate) async fn open<'a>(
        &'a mut self,
        stack: Stack<'a>,
        server: impl Into<IpEndpoint>,
        time: Duration,
    ) -> Result<ClientSocket<'a>, ConnectError> {
        let mut socket = TcpSocket::new(stack, &mut self.rx, &mut self.tx);
        // Requests are written in one piece, so Nagle's algorithm would only delay them.
        socket.set_nagle_enabled(false);
        let connected = with_deadline(within(time), socket.connect(server)).await;
        connected.map_err(|_| ConnectError::TimedOut)??;
        Ok(ClientSocket { socket, time })
    }
}

impl<const RX: usize, const TX: usize> Default for ClientBuffers<RX, TX> {
    fn default() -> Self {
        Self::new()
    }
}

/// A client's socket, whose reads and writes have a time-out.
pub struct ClientSocket<'a> {
    socket: TcpSocket<'a>,
    time: Duration,
}

impl ClientSocket<'_> {
    /// Ends the stream and waits until the server has acknowledged that.
    ///
    /// # Errors
    ///
    /// [`Broken`] if the server does not acknowledge it in time. The connection is then reset.
    pub async fn close(mut self) -> Result<(), Broken> {
        let closed = close(&mut self.socket, self.time).await;
        if closed.is_err() {
            abort(&mut self.socket).await;
        }
        closed
    }
}

impl ErrorType for ClientSocket<'_> {
    type Error = Broken;
}

impl Read for ClientSocket<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Broken> {
        let read = with_deadline(within(self.time), self.socket.read(buffer)).await;
        Ok(read.map_err(|_| Broken::TooSlow)??)
    }
}

impl Write for ClientSocket<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        let written = with_deadline(within(self.time), self.socket.write(bytes)).await;
        Ok(written.map_err(|_| Broken::TooSlow)??)
    }

    /// Does nothing, since the stack sends on its own.
    async fn flush(&mut self) -> Result<(), Broken> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use metric_proto::{Key, MAX_REQUEST, Sample};

    use super::*;

    type Small = Client<'static, 130, MAX_REQUEST>;

    #[test]
    fn a_client_takes_its_buffers_and_its_futures_are_small() {
        fn future_size<F: Future>(_: fn(&'static mut Small, Key<'static>, Sample) -> F) -> usize {
            size_of::<F>()
        }
        let buffers = 130 + MAX_REQUEST;
        assert!((buffers..=buffers + 128).contains(&size_of::<Small>()), "{}", size_of::<Small>());
        let put = future_size(|client, key, sample| client.put(key, sample));
        assert!(put <= 512, "{put}");
    }
}
