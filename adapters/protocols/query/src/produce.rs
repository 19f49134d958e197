//! What fills a reply.

use metric_proto::Store;

use crate::budget::Exceeded;

/// Fills a reply in pieces.
///
/// Between two calls samples and series may be added and removed. Series are shown in byte order of
/// their keys, each once, and the samples of each as [`Store::scan`] shows them.
pub trait Produce {
    /// Writes the next piece of the reply.
    ///
    /// One call is short: it reads at most 1,024 samples, 128 aggregates or 32 series, so it may
    /// write less than there is room for, even nothing. An output of one byte is enough for progress.
    fn fill<T: Store>(&mut self, store: &mut T, output: &mut [u8]) -> Filled;
}

/// What a call has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The number of bytes written at the front of the output.
    pub bytes: usize,
    /// How it goes on.
    pub next: Next,
}

/// How a reply goes on.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send the bytes, let others have a turn, and call again.
    More,
    /// Send the bytes, await [`Store::poll_ready`], and call again. Only stores that wait return
    /// this.
    Wait,
    /// The reply is complete.
    Done,
    /// The query is over its budget. JSON is complete and ends with an error. A reply in another
    /// format is not complete and has to be cut off.
    Exceeded(Exceeded),
    /// The store cannot show the rest. The reply ends as with [`Exceeded`](Self::Exceeded).
    Unavailable,
}
