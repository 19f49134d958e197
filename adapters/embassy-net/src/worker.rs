//! A worker: the memory of one connection, and the loop that serves one after the other.

use embassy_net::Stack;
use embassy_net::tcp::TcpSocket;
use metric_driver::{Buffers, Error, Lines, Session, serve};
use metric_proto::Store;

use crate::connection::{Broken, Connection, abort, accept, close};
use crate::counters::Counters;
use crate::deadlines::Deadlines;
use crate::settings::Settings;

/// The memory of one connection: `IN` bytes for requests, `OUT` for replies, `RX` and `TX` for
/// what the stack has received and not yet sent.
///
/// `IN` is at least [`Limits::min_input`](metric_proto::Limits::min_input), which is the longest
/// line and 2, and `OUT` at least [`Limits::min_output`](metric_proto::Limits::min_output). `RX` and
/// `TX` are at least 1; they bound what is on the way in each direction, and with it the speed.
///
/// A reply of up to `TX` bytes leaves in one segment, if the network takes one of that size and all
/// before it has been acknowledged. Many clients read a reply with one call for 1,024 bytes, so
/// that is a good size.
#[derive(Debug)]
pub struct Worker<const IN: usize, const OUT: usize, const RX: usize, const TX: usize> {
    buffers: Buffers<IN, OUT>,
    rx: [u8; RX],
    tx: [u8; TX],
}

impl<const IN: usize, const OUT: usize, const RX: usize, const TX: usize> Worker<IN, OUT, RX, TX> {
    /// A worker with empty buffers, all of them zeros: a static one takes no flash.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(RX > 0 && TX > 0, "a socket without a buffer moves no bytes") };
        Self { buffers: Buffers::new(), rx: [0; RX], tx: [0; TX] }
    }

    /// Serves connection after connection with the native protocol, each over a handle of the store;
    /// else as [`run_sessions`](Self::run_sessions).
    ///
    /// # Panics
    ///
    /// As [`run_sessions`](Self::run_sessions); at once, if `IN` is too small for a line.
    pub async fn run<S: Store + Clone>(
        &mut self,
        stack: Stack<'_>,
        store: S,
        settings: &Settings,
        counters: &Counters,
    ) -> ! {
        assert!(IN >= settings.limits.min_input(), "the input buffer is too small for a line");
        settings.assert_valid();
        loop {
            let answered = |tally, _: &[u8]| counters.answered(tally);
            let lines = || Lines::new(settings.limits, store.clone(), answered);
            self.serve_next(stack, lines, settings, counters).await;
        }
    }

    /// Serves connection after connection, each with a new session; the worker takes one of the
    /// stack's sockets.
    ///
    /// Dropping the future ends a connection without a word to the peer and without harm to the
    /// store; the worker can be run again.
    ///
    /// # Panics
    ///
    /// At once, if the port is 0, a time-out is shorter than a millisecond, or the stack has no socket
    /// left; with the first connection, if `IN` or `OUT` is too small for the session.
    pub async fn run_sessions<T: Session>(
        &mut self,
        stack: Stack<'_>,
        mut session: impl FnMut() -> T,
        settings: &Settings,
        counters: &Counters,
    ) -> ! {
        settings.assert_valid();
        loop {
            self.serve_next(stack, &mut session, settings, counters).await;
        }
    }

    async fn serve_next<T: Session>(
        &mut self,
        stack: Stack<'_>,
        session: impl FnOnce() -> T,
        settings: &Settings,
        counters: &Counters,
    ) {
        let Self { buffers, rx, tx } = self;
        // 1. Listen, with a new socket.
        let mut socket = TcpSocket::new(stack, rx, tx);
        if !accept(&mut socket, settings).await {
            return abort(&mut socket).await;
        }
        let _open = counters.accepted();
        // 2. Serve until the peer sends no more, or the session ends.
        let deadlines = &Deadlines::new(settings);
        let mut connection = Connection { socket: &mut socket, deadlines };
        let served = serve(&mut connection, buffers, session()).await;
        // 3. End the stream before the socket goes, or the last replies would go with it.
        let ended = match served {
            Ok(_) => close(&mut socket, settings.write_timeout).await,
            Err(Error::Stream(broken)) => Err(broken),
            Err(_) => Err(Broken::ByPeer),
        };
        if let Err(broken) = ended {
            counters.broke(broken);
            abort(&mut socket).await;
        }
    }
}

impl<const IN: usize, const OUT: usize, const RX: usize, const TX: usize> Default
    for Worker<IN, OUT, RX, TX>
{
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use core::cell::RefCell;

    use metric_proto::FixedStore;

    use super::*;

    type Small = Worker<130, 304, 512, 512>;
    type Shared = &'static RefCell<FixedStore<32, 40, 48>>;

    #[test]
    fn a_worker_takes_its_buffers_and_its_future_less_than_512_bytes() {
        fn future_size<F: Future>(
            _: fn(&'static mut Small, Stack<'static>, Shared, &'static (Settings, Counters)) -> F,
        ) -> usize {
            size_of::<F>()
        }
        let buffers = 130 + 304 + 512 + 512;
        assert!((buffers..=buffers + 64).contains(&size_of::<Small>()), "{}", size_of::<Small>());
        let size = future_size(|worker, stack, store, (settings, counters)| {
            worker.run(stack, store, settings, counters)
        });
        assert!(size <= 512, "{size}");
    }
}
