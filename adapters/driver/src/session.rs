//! One side of one connection, without IO.

use core::task::{Context, Poll};

use metric_proto::Lost;

/// One side of one connection: bytes in, bytes out.
///
/// [`serve`](crate::serve) joins it with a stream. The native protocol over a store is [`Lines`](crate::Lines).
pub trait Session {
    /// The smallest input buffer with which [`process`](Self::process) always makes progress.
    fn min_input(&self) -> usize;

    /// The smallest output buffer with which [`process`](Self::process) always makes progress.
    fn min_output(&self) -> usize;

    /// Takes what it can of the input, and fills what it can of the output.
    ///
    /// The input is what was received and not consumed, in order; it may be only a part of that, so
    /// that others have their turn. The output is the whole buffer, of which the first `filled`
    /// bytes were not sent yet.
    fn process(&mut self, input: &[u8], output: &mut [u8], filled: usize) -> Progress;

    /// The input that is processed in one turn, in bytes, before others have theirs: 8 KiB unless
    /// the session knows better, and not less than [`min_input`](Self::min_input). That is a batch
    /// of 180 puts, which take a desktop 30 us; 500 short ones that all come late take it 3 ms.
    fn turn(&self) -> usize {
        self.min_input().max(8 * 1024)
    }

    /// Tells that the peer sends no more. [`process`](Self::process) is called once more with what
    /// is left of the input, and then as long as it does not ask for more of it.
    fn end_input(&mut self) {}

    /// Is ready when what was filled may be sent. It is awaited before anything is sent, and on
    /// [`Next::Wait`]. Dropping the wait loses nothing.
    ///
    /// # Errors
    ///
    /// [`Lost`] if what was filled must not be sent; the connection ends without it.
    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        Poll::Ready(Ok(()))
    }
}

/// What a call of [`Session::process`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many bytes at the front of the input are done with.
    pub consumed: usize,
    /// How many bytes of the output are to be sent, those that were filled before among them.
    pub filled: usize,
    /// What comes next.
    pub next: Next,
}

/// What a session waits for.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// More input. What is filled may be sent.
    Input,
    /// More output: all that is filled is to be sent first.
    Output,
    /// [`Session::poll_ready`], before another call with the same input; nothing is sent meanwhile.
    Wait,
    /// Nothing: what is filled is to be sent, and the connection closed.
    Close,
    /// Another kind of connection: what is filled is to be sent, and the stream goes to whoever
    /// serves it next, with the input that was not consumed.
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
