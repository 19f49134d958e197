//! Buffers that the connections of a thread share.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use metric_driver::{Buffers, Lend};
use metric_proto::Limits;

/// Bytes read at once. A batch of 800 puts fits.
pub(crate) const IN: usize = 32 * 1024;

/// Bytes written at once: a turn of a long reply, of a tenth of a millisecond. With [`IN`] it is what
/// a peer costs that does not take its replies, or whose long batch waits for its next turn.
const OUT: usize = 32 * 1024;

const _: () = assert!(
    IN >= Limits::WIDEST.min_input() && OUT >= Limits::WIDEST.min_output(),
    "the buffers must hold the longest lines that a server can be told to take"
);

/// How many pairs a thread keeps when nobody uses them. One is enough as long as no peer is slow
/// to take its replies or sends long batches; the others spare allocations while some are or do.
const KEPT: usize = 4;

thread_local! {
    static FREE: RefCell<Vec<Box<Buffers<IN, OUT>>>> = const { RefCell::new(Vec::new()) };
}

/// Lends a connection the thread's buffers. Between two loans it holds just the bytes that were
/// left unread, the front of a line.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    unread: Box<[u8]>,
}

/// A loan of a [`Pool`].
#[derive(Debug)]
pub(crate) struct Lent<'a> {
    /// Not empty until the loan is dropped.
    buffers: Option<Box<Buffers<IN, OUT>>>,
    unread: &'a mut Box<[u8]>,
}

impl Pool {
    /// Returns what was left unread.
    pub(crate) fn into_unread(self) -> Box<[u8]> {
        self.unread
    }
}

impl Lend<IN, OUT> for Pool {
    type Lent<'a> = Lent<'a>;

    fn lend(&mut self) -> Lent<'_> {
        let mut buffers = FREE.with_borrow_mut(Vec::pop).unwrap_or_default();
        buffers.input.space()[..self.unread.len()].copy_from_slice(&self.unread);
        buffers.input.fill(self.unread.len());
        Lent { buffers: Some(buffers), unread: &mut self.unread }
    }
}

impl Deref for Lent<'_> {
    type Target = Buffers<IN, OUT>;

    fn deref(&self) -> &Self::Target {
        self.buffers.as_ref().expect("buffers are there until the loan is dropped")
    }
}

impl DerefMut for Lent<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.buffers.as_mut().expect("buffers are there until the loan is dropped")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let Some(mut buffers) = self.buffers.take() else { return };
        *self.unread = buffers.input.unread().into();
        buffers.clear();
        FREE.with_borrow_mut(|free| {
            if free.len() < KEPT {
                free.push(buffers);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(pool: &mut Pool, bytes: &[u8], consumed: usize) {
        let mut lent = pool.lend();
        lent.input.space()[..bytes.len()].copy_from_slice(bytes);
        lent.input.fill(bytes.len());
        lent.input.consume(consumed);
    }

    #[test]
    fn a_connection_finds_what_it_left_unread_and_nothing_of_others() {
        let (mut one, mut other) = (Pool::default(), Pool::default());
        receive(&mut one, b"get a\nget", 6);
        receive(&mut other, b"put", 0);
        receive(&mut one, b" b", 0);
        assert_eq!(one.lend().input.unread(), b"get b");
        assert_eq!(other.lend().input.unread(), b"put");
    }

    #[test]
    fn a_connection_that_left_nothing_holds_no_memory() {
        let mut pool = Pool::default();
        receive(&mut pool, b"get a\n", 6);
        assert!(pool.unread.is_empty());
        assert_eq!(size_of::<Pool>(), 16);
    }
}
