//! A pool of buffers that the connections of a thread share.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use metric_driver::{Buffers, Lend, Loan};
use metric_proto::Limits;

/// The size of the input buffer. A batch of 800 puts fits.
pub(crate) const IN: usize = 32 * 1024;

/// The size of the output buffer: a turn of a long reply, which takes a tenth of a millisecond. A
/// peer that does not read its replies, or whose long batch waits for a turn, costs this and
/// [`IN`].
const OUT: usize = 32 * 1024;

const _: () = assert!(
    IN >= Limits::WIDEST.min_input() && OUT >= Limits::WIDEST.min_output(),
    "the buffers must hold the longest lines that a server can be told to take"
);

/// The maximum number of unused pairs that a thread keeps. One is enough as long as no peer is slow
/// to read its replies or sends long batches. The others save allocations otherwise.
const KEPT: usize = 4;

thread_local! {
    static FREE: RefCell<Vec<Box<Buffers<IN, OUT>>>> = const { RefCell::new(Vec::new()) };
}

/// Lends the thread's buffers to a connection. Between two loans it holds only the unread bytes, the
/// front of a line, and the replies that may not be sent yet.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    kept: Box<[u8]>,
    /// How many of these bytes are unread input. The others are output.
    unread: usize,
}

/// A loan of a [`Pool`].
#[derive(Debug)]
pub(crate) struct Lent<'a> {
    /// `None` while the loan is released.
    buffers: Option<Box<Buffers<IN, OUT>>>,
    pool: &'a mut Pool,
}

impl Pool {
    /// Returns the unread bytes. All output must be sent.
    pub(crate) fn into_unread(self) -> Box<[u8]> {
        self.kept
    }

    /// Returns buffers with what was kept.
    fn take(&mut self) -> Box<Buffers<IN, OUT>> {
        let mut buffers = FREE.with_borrow_mut(Vec::pop).unwrap_or_default();
        let kept = std::mem::take(&mut self.kept);
        let (unread, unsent) = kept.split_at(self.unread);
        buffers.input.space()[..unread.len()].copy_from_slice(unread);
        buffers.input.fill(unread.len());
        buffers.output.space()[..unsent.len()].copy_from_slice(unsent);
        buffers.output.fill(unsent.len());
        buffers
    }

    fn keep(&mut self, mut buffers: Box<Buffers<IN, OUT>>) {
        let unread = buffers.input.unread();
        self.kept = [unread, buffers.output.unread()].concat().into();
        self.unread = unread.len();
        buffers.clear();
        FREE.with_borrow_mut(|free| {
            if free.len() < KEPT {
                free.push(buffers);
            }
        });
    }
}

impl Lend<IN, OUT> for Pool {
    type Lent<'a> = Lent<'a>;

    fn lend(&mut self) -> Lent<'_> {
        Lent { buffers: Some(self.take()), pool: self }
    }
}

impl Loan<IN, OUT> for Lent<'_> {
    fn release(&mut self) {
        self.buffers.take().into_iter().for_each(|buffers| self.pool.keep(buffers));
    }

    fn renew(&mut self) {
        self.buffers.get_or_insert_with(|| self.pool.take());
    }
}

impl Deref for Lent<'_> {
    type Target = Buffers<IN, OUT>;

    fn deref(&self) -> &Self::Target {
        self.buffers.as_ref().expect("a released loan is not used")
    }
}

impl DerefMut for Lent<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.buffers.as_mut().expect("a released loan is not used")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.release();
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
    fn a_released_loan_is_renewed_with_its_input_and_output() {
        let mut pool = Pool::default();
        receive(&mut pool, b"get a\nget", 6);
        let mut lent = pool.lend();
        lent.output.space()[..4].copy_from_slice(b"ok\n\n");
        lent.output.fill(4);
        lent.release();
        receive(&mut Pool::default(), b"another connection", 0);
        lent.renew();
        assert_eq!((lent.input.unread(), lent.output.unread()), (&b"get"[..], &b"ok\n\n"[..]));
    }

    #[test]
    fn a_connection_that_left_nothing_holds_no_memory() {
        let mut pool = Pool::default();
        receive(&mut pool, b"get a\n", 6);
        assert!(pool.kept.is_empty());
        assert_eq!(size_of::<Pool>(), 24);
    }
}
