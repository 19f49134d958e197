//! The buffers of a connection that is not waiting.

use core::ops::DerefMut;

use metric_proto::Buffer;

/// An input and an output buffer.
#[derive(Debug, Default)]
pub struct Buffers<const IN: usize, const OUT: usize> {
    /// What was received and not answered yet.
    pub input: Buffer<IN>,
    /// What was answered and not sent yet.
    pub output: Buffer<OUT>,
}

impl<const IN: usize, const OUT: usize> Buffers<IN, OUT> {
    /// A pair of empty buffers.
    #[must_use]
    pub const fn new() -> Self {
        Self { input: Buffer::new(), output: Buffer::new() }
    }
}

/// Where a connection gets its buffers from when there is something to read.
///
/// On a board each connection owns a pair, so a pair lends itself. On a desktop a pair can be
/// shared by many connections if what one leaves unread is kept aside for it.
pub trait Lend<const IN: usize, const OUT: usize> {
    /// The loan; the buffers go back when it is dropped.
    type Lent<'a>: DerefMut<Target = Buffers<IN, OUT>>
    where
        Self: 'a;

    /// Lends a pair of buffers: the input begins with what the last loan left unread, the output
    /// is empty.
    fn lend(&mut self) -> Self::Lent<'_>;
}

impl<const IN: usize, const OUT: usize> Lend<IN, OUT> for Buffers<IN, OUT> {
    type Lent<'a> = &'a mut Self;

    fn lend(&mut self) -> &mut Self {
        self
    }
}
