//! What a connection waits for, and how long it may.
//!
//! ```text
//!   Idle ──bytes──▶ Head ──all of it──▶ Body ──all of it──▶ Answering ──reply sent──▶ Idle
//! ```

use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::framing::Length;
use crate::web::{Sleep, Sleeping};

/// How long a connection may be idle between two requests.
const IDLE: Duration = Duration::from_secs(75);

/// How long the head of a request may take to arrive.
const HEAD: Duration = Duration::from_secs(10);

/// How long each [`BODY_PIECE`] of a body may take: a kilobyte a second.
const BODY: Duration = Duration::from_secs(10);
const BODY_PIECE: u32 = 10 * 1024;

/// How long a peer may take nothing of a reply.
pub(crate) const SLOWEST_READER: Duration = Duration::from_secs(30);

/// The phase of a connection. The connection and its requests share it.
#[derive(Debug)]
pub(crate) struct Phase {
    kind: AtomicU32,
    /// How often the phase has changed, so that a deadline knows that it is of another.
    changes: AtomicU32,
    /// The bytes of the body since the phase changed.
    body: AtomicU32,
    /// How long the next body is, until its reader knows.
    next_body: Mutex<Option<Length>>,
    /// Whether the server stops, so that endless replies end.
    stopping: AtomicBool,
    /// Who waits to read. It is woken when the phase changes, so that the deadline of the new one
    /// begins then, and not when that of the old one ends.
    reader: Mutex<Option<Waker>>,
}

const IN_IDLE: u32 = 0;
const IN_HEAD: u32 = 1;
const IN_BODY: u32 = 2;
const IN_ANSWER: u32 = 3;

impl Phase {
    /// The phase of a connection whose first bytes are received.
    pub(crate) fn new() -> Self {
        Self {
            kind: IN_HEAD.into(),
            changes: 1.into(),
            body: 0.into(),
            next_body: Mutex::default(),
            stopping: false.into(),
            reader: Mutex::default(),
        }
    }

    fn enter(&self, kind: u32) {
        self.kind.store(kind, Relaxed);
        self.changes.fetch_add(1, Relaxed);
        self.body.store(0, Relaxed);
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        reader.into_iter().for_each(Waker::wake);
    }

    /// Has `reader` woken when the phase changes.
    pub(crate) fn wake(&self, reader: &Waker) {
        *self.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader.clone());
    }

    /// The head of a request has arrived, which tells how long its body is.
    pub(crate) fn head_is_read(&self, body: Length) {
        *self.next_body.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        self.enter(if body == Length::Of(0) { IN_ANSWER } else { IN_BODY });
    }

    /// Returns how long the body is that begins, once.
    pub(crate) fn take_body(&self) -> Option<Length> {
        self.next_body.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The body of the request has arrived, or is not wanted.
    pub(crate) fn body_is_read(&self) {
        self.enter(IN_ANSWER);
    }

    /// The reply is handed to the system.
    pub(crate) fn is_answered(&self) {
        self.enter(IN_IDLE);
    }

    /// The server stops.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Relaxed);
    }

    /// Whether the server stops.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Relaxed)
    }

    /// Whether nothing more is read: the server stops, and no request has arrived that must be
    /// answered.
    pub(crate) fn ends_input(&self) -> bool {
        self.is_stopping() && matches!(self.kind.load(Relaxed), IN_IDLE | IN_HEAD)
    }

    /// Bytes were read.
    pub(crate) fn read(&self, count: usize) {
        match self.kind.load(Relaxed) {
            IN_IDLE if count > 0 => self.enter(IN_HEAD),
            IN_BODY => {
                let body = self.body.fetch_add(count as u32, Relaxed).saturating_add(count as u32);
                if body >= BODY_PIECE {
                    self.enter(IN_BODY);
                }
            }
            _ => {}
        }
    }

    /// How long the peer may send nothing from the start of this phase on, and which phase it is.
    pub(crate) fn patience(&self) -> Option<(Duration, u32)> {
        let patience = match self.kind.load(Relaxed) {
            IN_IDLE => IDLE,
            IN_HEAD => HEAD,
            IN_BODY => BODY,
            _ => return None,
        };
        Some((patience, self.changes.load(Relaxed)))
    }
}

/// When a wait for the peer ends. The timer exists only while it runs.
#[derive(Default)]
pub(crate) struct Deadline(Option<(u32, Sleeping)>);

impl Deadline {
    /// Waits for the end of the patience of a phase, which begins when it is first polled in it.
    pub(crate) fn poll(
        &mut self,
        patience: Option<(Duration, u32)>,
        sleep: Sleep,
        context: &mut Context<'_>,
    ) -> Poll<io::Error> {
        let Some((patience, phase)) = patience else {
            self.0 = None;
            return Poll::Pending;
        };
        let (_, timer) = match &mut self.0 {
            Some(running) if running.0 == phase => running,
            other => other.insert((phase, sleep(patience))),
        };
        timer.as_mut().poll(context).map(|()| io::ErrorKind::TimedOut.into())
    }
}
