//! A connection in memory: the client's end of it is a stream.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection, as both ends see it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pipe(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    to_server: Vec<u8>,
    to_client: Vec<u8>,
    is_ended: bool,
    reader: Option<Waker>,
}

impl Pipe {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no holder panics")
    }

    /// Takes the commands that have come completely.
    pub(crate) fn commands(&self) -> Vec<Vec<Vec<u8>>> {
        let (mut commands, mut state) = (Vec::new(), self.state());
        let mut at = 0;
        while let Some((command, length)) = command(&state.to_server[at..]) {
            at += length;
            commands.push(command);
        }
        state.to_server.drain(..at);
        commands
    }

    pub(crate) fn reply(&self, bytes: &[u8]) {
        self.state().to_client.extend_from_slice(bytes);
        self.wake();
    }

    /// Ends it, as the server does.
    pub(crate) fn end(&self) {
        self.state().is_ended = true;
        self.wake();
    }

    fn wake(&self) {
        let reader = self.state().reader.take();
        reader.into_iter().for_each(Waker::wake);
    }
}

/// Reads a command; returns it with its length.
fn command(bytes: &[u8]) -> Option<(Vec<Vec<u8>>, usize)> {
    let (count, mut at) = number(bytes, 0)?;
    let mut words = Vec::with_capacity(count);
    for _ in 0..count {
        let (length, begin) = number(bytes, at)?;
        words.push(bytes.get(begin..begin + length)?.to_vec());
        at = begin + length + 2;
    }
    (at <= bytes.len()).then_some((words, at))
}

/// Reads the number of a line behind its first byte; returns it with the place behind the line.
fn number(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let line = bytes.get(at + 1..).and_then(|_| bytes.get(at..))?;
    let end = line.windows(2).position(|two| two == b"\r\n")?;
    Some((str::from_utf8(&line[1..end]).ok()?.parse().ok()?, at + end + 2))
}

impl AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.state();
        let length = state.to_client.len().min(buffer.remaining());
        if length == 0 && !state.is_ended {
            state.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        buffer.put_slice(&state.to_client.drain(..length).collect::<Vec<_>>());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.state();
        if state.is_ended {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        state.to_server.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
