//! A byte stream that does what its script says: it cuts, delays, fails and stops.

use std::collections::VecDeque;
use std::fmt;
use std::task::Poll;

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use metric_driver::{Readable, Wake};

use metric_conformance::Model;

/// How a [`ScriptedStream`] behaves.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    /// Bytes that one read gives at most.
    pub read: usize,
    /// Bytes that one write takes at most.
    pub write: usize,
    /// Whether each call waits once before it is done.
    pub delays: bool,
    /// The call, counted from 0, that fails.
    pub fails_at: Option<usize>,
    /// The call, counted from 0, from which on a wait says to stop.
    pub stops_at: Option<usize>,
}

impl Script {
    /// Everything at once and nothing wrong.
    pub const PLAIN: Self =
        Self { read: usize::MAX, write: usize::MAX, delays: false, fails_at: None, stops_at: None };
}

/// A stream with the bytes of a peer to read, which remembers what is written to it.
#[derive(Debug)]
pub struct ScriptedStream {
    script: Script,
    unread: VecDeque<u8>,
    written: Vec<u8>,
    /// How much was written when each output was whole.
    sends: Vec<usize>,
    calls: usize,
    answers: Option<Model>,
    most_unread: usize,
}

impl ScriptedStream {
    /// A stream whose peer sends `input` and then nothing more.
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

    /// A stream whose peer answers what is written, as the model does, and never ends.
    #[must_use]
    pub fn answered_by(model: Model, script: Script) -> Self {
        Self { answers: Some(model), ..Self::new(script, b"") }
    }

    /// The model that answers, if one does.
    pub fn model(&mut self) -> Option<&mut Model> {
        self.answers.as_mut()
    }

    /// What was written so far.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        &self.written
    }

    /// Where each output ended that was given to be written, however many calls that took.
    #[must_use]
    pub fn sends(&self) -> &[usize] {
        &self.sends
    }

    /// How many bytes of the peer were not read yet.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.unread.len()
    }

    /// How many bytes of the peer were waiting to be read at most.
    #[must_use]
    pub fn most_unread(&self) -> usize {
        self.most_unread
    }

    /// How many calls there were.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls
    }

    /// What happens at each call before what it is for.
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
