//! Accepting connections.

use std::cell::RefCell;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_lite::future::{or, poll_once};
use rustix::io::Errno;

use crate::listeners::Listeners;
use crate::pool::IN;
use crate::runtime::Runtime;
use crate::server_handle::{ConnectionGuard, ServerHandle};
use crate::settings::Settings;

/// How long to wait after accepting failed for lack of resources, unless a connection ends first.
const PAUSE: Duration = Duration::from_millis(100);

/// How many failures in a row are each blamed on one connection, before there is a pause. So a
/// broken listener costs a thousand tries a second, and a peer whose connections fail delays others
/// by a tenth of a second at most.
const FAILURES: usize = 100;

/// An accepted connection.
#[derive(Debug)]
pub struct Accepted<S, P = ()> {
    /// The stream.
    pub stream: S,
    /// The address of the peer.
    pub peer: SocketAddr,
    /// The protocol of the listener.
    pub protocol: P,
    /// Counts the connection as open.
    pub guard: ConnectionGuard,
}

/// The protocol of a listener.
pub trait Protocol: Copy {
    /// Whether its connections are bounded by [`Settings::max_exempt`], and not by
    /// [`Settings::max_connections`].
    fn is_exempt(self) -> bool {
        false
    }
}

impl Protocol for () {}

/// Accepts connections from listeners, each with its protocol, and passes them to `serve`, until
/// the server is told to stop.
///
/// At the bound of its protocol new connections wait in the kernel's backlog: none is accepted only to
/// be closed.
///
/// # Panics
///
/// At the first poll, if [`Settings::limits`] allow a line that does not fit the buffers.
pub async fn accept<R: Runtime, P: Protocol>(
    listeners: &[(R::Listener, P)],
    settings: &Settings,
    handle: &ServerHandle,
    serve: impl FnMut(Accepted<R::Stream, P>),
) {
    assert!(settings.limits.min_input() <= IN, "the buffers are too small for a line");
    let (exempt, others): (Vec<_>, Vec<_>) =
        listeners.iter().partition(|(_, protocol)| protocol.is_exempt());
    let serve = RefCell::new(serve);
    let pass = |accepted| (serve.borrow_mut())(accepted);
    let others = accept_all::<R, P>(&others, settings.max_connections, handle, pass);
    let exempt = accept_all::<R, P>(&exempt, settings.max_exempt, handle, pass);
    or(handle.stopped(), or(others, exempt)).await;
}

/// Accepts connections from listeners that have one bound.
async fn accept_all<R: Runtime, P: Protocol>(
    listeners: &[&(R::Listener, P)],
    bound: usize,
    handle: &ServerHandle,
    serve: impl Fn(Accepted<R::Stream, P>),
) {
    let Some((_, protocol)) = listeners.first() else { return pending().await };
    let is_exempt = protocol.is_exempt();
    let mut listeners = Listeners::new(listeners, async |(listener, protocol)| {
        R::accept(listener).await.map(|(stream, peer)| (stream, *protocol, peer))
    });
    let (mut failures, mut told) = (0, None);
    loop {
        until_below(bound, is_exempt, handle, &mut told).await;
        match listeners.next().await {
            Ok((stream, protocol, peer)) => {
                failures = 0;
                let mut guard = open(handle, peer);
                if is_exempt {
                    guard.exempt();
                }
                serve(Accepted { stream, peer, protocol, guard });
            }
            Err(error) if failures + 1 < FAILURES && !lacks_resources(&error) => {
                log::debug!("a connection failed before it was accepted: {error}");
                failures += 1;
            }
            Err(error) => {
                failures = 0;
                handle.accept_failed(&error);
                or(handle.closed(), R::sleep(PAUSE)).await;
            }
        }
    }
}

/// Waits until fewer connections are open than the bound. Tells it at most once a minute that others wait.
async fn until_below(
    bound: usize,
    is_exempt: bool,
    handle: &ServerHandle,
    told: &mut Option<Instant>,
) {
    let others = bound.saturating_sub(1);
    let mut room = pin!(async {
        if is_exempt {
            handle.until_exempt(others).await;
        } else {
            handle.until_open(others).await;
        }
    });
    if poll_once(&mut room).await.is_some() {
        return;
    }
    if told.is_none_or(|told| told.elapsed() >= MINUTE) {
        *told = Some(Instant::now());
        log::warn!("{bound} connections are open, which is the bound: others wait until one ends");
    }
    room.await;
}

const MINUTE: Duration = Duration::from_secs(60);

fn open(handle: &ServerHandle, peer: SocketAddr) -> ConnectionGuard {
    log::debug!("{peer} connected");
    handle.open(peer)
}

/// Whether the system lacks resources that every connection needs, so that an immediate retry would
/// fail too. Any other error is about one connection, which is gone: accept(2) of Linux passes on
/// pending network errors of the new socket.
fn lacks_resources(error: &io::Error) -> bool {
    Errno::from_io_error(error).is_some_and(|errno| LACKING.contains(&errno))
}

const LACKING: &[Errno] = &[
    Errno::MFILE,
    Errno::NOBUFS,
    #[cfg(unix)]
    Errno::NFILE,
    #[cfg(unix)]
    Errno::NOMEM,
];

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::VecDeque;
    use std::iter::repeat_n;

    use futures_lite::future::block_on;

    use super::*;
    use crate::detect::Speaks;
    use crate::runtime::Sleep;

    /// A runtime whose listener is a list of results of accepting.
    struct Fake;

    /// An error, or a connection.
    type Accepted = Result<(), io::Error>;

    thread_local! {
        static PAUSES: Cell<usize> = const { Cell::new(0) };
    }

    impl Sleep for Fake {
        async fn sleep(duration: Duration) {
            assert_eq!(duration, PAUSE);
            PAUSES.set(PAUSES.get() + 1);
        }
    }

    impl Runtime for Fake {
        type Listener = RefCell<VecDeque<Accepted>>;
        type Stream = ();

        async fn accept(listener: &Self::Listener) -> io::Result<((), SocketAddr)> {
            let next = listener.borrow_mut().pop_front();
            let Some(accepted) = next else { return pending().await };
            accepted.map(|()| ((), ([127, 0, 0, 1], 1).into()))
        }
    }

    /// Returns the number of accepted connections and of pauses.
    fn accepted(results: impl IntoIterator<Item = Accepted>) -> (usize, usize) {
        let (listeners, mut count) = ([(RefCell::new(results.into_iter().collect()), ())], 0);
        let (settings, handle) = Default::default();
        PAUSES.set(0);
        let accepting = accept::<Fake, _>(&listeners, &settings, &handle, |_| count += 1);
        assert!(block_on(poll_once(accepting)).is_none());
        assert!(listeners[0].0.borrow().is_empty());
        (count, PAUSES.get())
    }

    fn failed(errno: Errno) -> Accepted {
        Err(errno.into())
    }

    #[test]
    fn only_want_of_resources_keeps_others_waiting() {
        let of_one = [
            Errno::CONNABORTED,
            Errno::CONNRESET,
            Errno::INTR,
            Errno::AGAIN,
            Errno::PROTO,
            Errno::PERM,
            Errno::ACCESS,
            Errno::NETDOWN,
            Errno::NETUNREACH,
            Errno::HOSTUNREACH,
            Errno::NOPROTOOPT,
            Errno::OPNOTSUPP,
            Errno::TIMEDOUT,
        ];
        for errno in of_one {
            assert_eq!(accepted([failed(errno), Ok(())]), (1, 0), "{errno}");
        }
        assert_eq!(accepted([Err(io::Error::other("without a number")), Ok(())]), (1, 0));
        for errno in [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM] {
            assert_eq!(accepted([failed(errno), Ok(()), failed(errno)]), (1, 2), "{errno}");
        }
    }

    #[test]
    fn a_listener_that_always_fails_does_not_spin() {
        let fail = |count| repeat_n((), count).map(|()| failed(Errno::INVAL));
        assert_eq!(accepted(fail(1_000)), (0, 10));
        let apart = fail(FAILURES - 1).chain([Ok(())]).chain(fail(FAILURES - 1));
        assert_eq!(accepted(apart), (1, 0));
    }

    #[test]
    fn each_bound_keeps_no_connection_of_the_other_waiting() {
        let many = || RefCell::new(repeat_n((), 10).map(Ok).collect());
        let listeners = [Speaks::Native, Speaks::Http, Speaks::Http].map(|speaks| (many(), speaks));
        let (handle, mut settings) = (ServerHandle::default(), Settings::default());
        (settings.max_connections, settings.max_exempt) = (2, 5);
        let open = RefCell::new(Vec::new());
        let mut accepting = pin!(accept::<Fake, _>(&listeners, &settings, &handle, |accepted| {
            open.borrow_mut().push((accepted.protocol, accepted.guard));
        }));
        let count = |speaks| open.borrow().iter().filter(|(other, _)| *other == speaks).count();
        assert!(block_on(poll_once(&mut accepting)).is_none());
        assert_eq!([Speaks::Native, Speaks::Http].map(count), [2, 5]);
        open.borrow_mut().retain(|(speaks, _)| *speaks == Speaks::Native);
        assert!(block_on(poll_once(&mut accepting)).is_none());
        assert_eq!([Speaks::Native, Speaks::Http].map(count), [2, 5]);
        open.borrow_mut().retain(|(speaks, _)| *speaks == Speaks::Http);
        assert!(block_on(poll_once(&mut accepting)).is_none());
        assert_eq!([Speaks::Native, Speaks::Http].map(count), [2, 5]);
    }
}
