//! A byte stream with scripted behaviour: it cuts, delays, fails and stops.

use std::collections::VecDeque;
use std::fmt;
use std::task::Poll;

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use metric_driver::{Readable, Wake};

use metric_conformance::Model;

/// The behaviour of a [`ScriptedStream`].
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// The largest number of bytes of a read.
    pub read: usize,
    /// The largest number of bytes of a write.
    pub write: usize,
    /// Whether each call is pending once.
    pub delays: bool,
    /// The call, counted from 0, that fails.
    pub fails_at: Option<usize>,
    /// The call, counted from 0, from which on `readable` returns `Wake::Stop`.
    pub stops_at: Option<usize>,
}

impl Script {
    /// No cuts, no delays and no failures.
    pub const PLAIN: Self =
        Self { read: usize::MAX, write: usize::MAX, delays: false, fails_at: None, stops_at: None };
}

/// A stream that returns the bytes of a peer, and records what is written to it.
#[derive(Debug)]
pub struct ScriptedStream {
    script: Script,
    unread: VecDeque<u8>,
    written: Vec<u8>,
    /// The number of bytes written at the end of each output.
    sends: Vec<usize>,
    calls: usize,
    answers: Option<Model>,
    most_unread: usize,
}

impl ScriptedStream {
    /// Creates a stream whose peer sends `input` and then ends the stream.
    #[must_use]
    pub fn new(script: Script, input: &[u8]) -> Self {
        let unread = input.iter().copied().collect();
        Self {
            script,
            unread,
            written: Vec::new(),
            sends: Vec::new(),
            calls: 0,
            answers: None,
            most_unread: 0,
        }
    }

    /// Creates a stream whose peer answers like the model and never ends the stream.
    #[must_use]
    pub fn answered_by(model: Model, script: Script) -> Self {
        Self { answers: Some(model), ..Self::new(script, b"") }
    }

    /// Returns the model that answers, if any.
    pub fn model(&mut self) -> Option<&mut Model> {
        self.answers.as_mut()
    }

    /// Returns the bytes written so far.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        &self.written
    }

    /// Returns the end of each output, however many calls it took to write it.
    #[must_use]
    pub fn sends(&self) -> &[usize] {
        &self.sends
    }

    /// Returns the number of bytes of the peer that are not yet read.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.unread.len()
    }

    /// Returns the largest number of bytes of the peer that waited to be read.
    #[must_use]
    pub fn most_unread(&self) -> usize {
        self.most_unread
    }

    /// Returns the number of calls.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls
    }

    /// Counts a call, delays it, and fails if the script says so.
    async fn call(&mut self) -> Result<usize, Failure> {
        let call = self.calls;
        self.calls += 1;
        if self.script.delays {
            wait_once().await;
        }
        if self.script.fails_at == Some(call) { Err(Failure) } else { Ok(call) }
    }
}

async fn wait_once() {
    let mut waited = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The error of a script that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the script says to fail")
    }
}

impl std::error::Error for Failure {}

impl embedded_io_async::Error for Failure {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

impl ErrorType for ScriptedStream {
    type Error = Failure;
}

impl Readable for ScriptedStream {
    async fn readable(&mut self) -> Result<Wake, Failure> {
        let call = self.call().await?;
        let stops = self.script.stops_at.is_some_and(|stop| call >= stop);
        Ok(if stops { Wake::Stop } else { Wake::Readable })
    }
}

impl Read for ScriptedStream {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        self.call().await?;
        assert!(!buffer.is_empty(), "a read without room can never end");
        let hangs = self.answers.is_some() && self.unread.is_empty();
        assert!(!hangs, "a read of what nobody will ever send");
        let count = buffer.len().min(self.script.read).min(self.unread.len());
        for (place, byte) in buffer.iter_mut().zip(self.unread.drain(..count)) {
            *place = byte;
        }
        Ok(count)
    }
}

impl Write for ScriptedStream {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Failure> {
        self.call().await?;
        assert!(!bytes.is_empty(), "a write of nothing is a wasted call");
        let count = bytes.len().min(self.script.write);
        self.written.extend_from_slice(&bytes[..count]);
        if count == bytes.len() {
            self.sends.push(self.written.len());
        }
        let replies = self.answers.as_mut().map(|model| model.feed(&bytes[..count]));
        self.unread.extend(replies.unwrap_or_default());
        self.most_unread = self.most_unread.max(self.unread.len());
        Ok(count)
    }

    async fn flush(&mut self) -> Result<(), Failure> {
        self.call().await.map(|_| ())
    }
}
