//! One side of one connection, without IO.

use core::task::{Context, Poll};

use metric_proto::Lost;

/// One side of one connection: bytes in, bytes out.
///
/// [`serve`](crate::serve) runs it over a stream. [`Lines`](crate::Lines) is the session of the
/// native protocol.
pub trait Session {
    /// The smallest input buffer with which [`process`](Self::process) always makes progress.
    fn min_input(&self) -> usize;

    /// The smallest output buffer with which [`process`](Self::process) always makes progress.
    fn min_output(&self) -> usize;

    /// Consumes input and fills the output, as far as possible.
    ///
    /// `input` is what was received and not consumed, in order, or the first part of it, so that
    /// other tasks get a turn. `output` is the whole buffer; its first `filled` bytes are not sent
    /// yet.
    fn process(&mut self, input: &[u8], output: &mut [u8], filled: usize) -> Progress;

    /// Returns the number of input bytes to process in one turn, before other tasks get theirs. It
    /// must be at least [`min_input`](Self::min_input). The default is 8 KiB, a batch of 180 puts,
    /// which takes a desktop 30 us. 500 short puts of late samples take 3 ms.
    fn turn(&self) -> usize {
        self.min_input().max(8 * 1024)
    }

    /// Tells the session that the peer sends no more. [`process`](Self::process) is then called
    /// with the rest of the input, until it returns [`Next::Input`] or ends the connection.
    fn end_input(&mut self) {}

    /// Waits until the filled output may be sent. It is awaited before anything is sent, and on
    /// [`Next::Wait`]. It is safe to stop polling.
    ///
    /// # Errors
    ///
    /// [`Lost`] if the filled output must not be sent. The connection ends without it.
    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        Poll::Ready(Ok(()))
    }
}

/// What a call of [`Session::process`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The number of bytes consumed at the front of the input.
    pub consumed: usize,
    /// The number of output bytes to send, including those that were filled before the call.
    pub filled: usize,
    /// What the session needs next.
    pub next: Next,
}

/// What a session needs next.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// More input. The filled output may be sent.
    Input,
    /// Free output: the filled output must be sent first.
    Output,
    /// [`Session::poll_ready`] before a call with the same input. Nothing is sent meanwhile.
    Wait,
    /// Nothing: send the filled output, and close the connection.
    Close,
    /// A hand-over to another protocol: send the filled output, and pass on the stream with the
    /// unconsumed input.
    HandOver,
}

#[deny(clippy::missing_trait_methods)]
impl<T: Session> Session for &mut T {
    fn min_input(&self) -> usize {
        (**self).min_input()
    }

    fn min_output(&self) -> usize {
        (**self).min_output()
    }

    fn process(&mut self, input: &[u8], output: &mut [u8], filled: usize) -> Progress {
        (**self).process(input, output, filled)
    }

    fn turn(&self) -> usize {
        (**self).turn()
    }

    fn end_input(&mut self) {
        (**self).end_input();
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        (**self).poll_ready(context)
    }
}
