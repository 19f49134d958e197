//! The buffers of a connection while it is busy.

use core::ops::DerefMut;

use metric_proto::Buffer;

/// A pair of an input and an output buffer.
#[derive(Debug, Default)]
pub struct Buffers<const IN: usize, const OUT: usize> {
    /// Bytes that were received and not processed yet.
    pub input: Buffer<IN>,
    /// Replies that were not sent yet.
    pub output: Buffer<OUT>,
}

impl<const IN: usize, const OUT: usize> Buffers<IN, OUT> {
    /// Creates empty buffers.
    #[must_use]
    pub const fn new() -> Self {
        Self { input: Buffer::new(), output: Buffer::new() }
    }

    /// Empties both buffers.
    pub fn clear(&mut self) {
        self.input.consume(IN);
        self.output.consume(OUT);
    }
}

/// A source of buffers for a connection that has something to read.
///
/// On a board each connection owns a pair, so a pair lends itself. On a desktop many connections
/// can share a pair if the unread bytes of each are kept aside.
pub trait Lend<const IN: usize, const OUT: usize> {
    /// The loan. Dropping it returns the buffers.
    type Lent<'a>: Loan<IN, OUT>
    where
        Self: 'a;

    /// Lends a pair of buffers, which contain what the last loan left unread and unsent.
    fn lend(&mut self) -> Self::Lent<'_>;
}

/// A loan of buffers.
pub trait Loan<const IN: usize, const OUT: usize>: DerefMut<Target = Buffers<IN, OUT>> {
    /// Returns the buffers while the connection waits. Until [`renew`](Self::renew) the loan must
    /// not be used. Its contents are kept.
    fn release(&mut self) {}

    /// Borrows buffers again, unless they were not returned.
    fn renew(&mut self) {}
}

impl<const IN: usize, const OUT: usize> Lend<IN, OUT> for Buffers<IN, OUT> {
    type Lent<'a> = &'a mut Self;

    fn lend(&mut self) -> &mut Self {
        self
    }
}

/// Buffers that lend themselves are not returned.
impl<const IN: usize, const OUT: usize> Loan<IN, OUT> for &mut Buffers<IN, OUT> {}
