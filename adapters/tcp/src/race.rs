//! Connects to the first of several addresses that accepts, as RFC 8305 advises: an address that
//! does not answer delays it by a moment, not by the whole time-out.

use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures_lite::future::or;

use crate::address::Address;
use crate::connect::Connect;

/// The pause before the next address is tried as well, as the RFC advises.
const STAGGER: Duration = Duration::from_millis(250);

/// Connects to the first address that accepts. Each attempt may take `time`.
///
/// # Errors
///
/// The error of the attempt that failed last.
pub(crate) async fn race<T: Connect>(
    server: &Address,
    addresses: Vec<SocketAddr>,
    time: Duration,
) -> io::Result<T::Socket> {
    let mut addresses = alternate(addresses);
    let mut attempts = Vec::new();
    let mut failure = io::Error::new(ErrorKind::NotFound, "the name stands for no address");
    loop {
        match addresses.pop_front() {
            Some(address) => attempts.push(Box::pin(T::connect(server, address, time))),
            None if attempts.is_empty() => return Err(failure),
            None => {}
        }
        match or(first(&mut attempts), stagger::<T, _>(!addresses.is_empty())).await {
            Some(Ok(socket)) => return Ok(socket),
            Some(Err(error)) => failure = error,
            None => {}
        }
    }
}

/// Waits until the next address is to be tried, if there is one.
async fn stagger<T: Connect, R>(is_next: bool) -> Option<R> {
    if !is_next {
        pending::<()>().await;
    }
    T::sleep(STAGGER).await;
    None
}

/// Waits for the first attempt that ends, removes it, and returns its output.
async fn first<F: Future>(attempts: &mut Vec<Pin<Box<F>>>) -> Option<F::Output> {
    poll_fn(|context| {
        let ready =
            |(index, attempt): (usize, &mut Pin<Box<F>>)| match attempt.as_mut().poll(context) {
                Poll::Ready(output) => Some((index, output)),
                Poll::Pending => None,
            };
        let Some((index, output)) = attempts.iter_mut().enumerate().find_map(ready) else {
            return Poll::Pending;
        };
        drop(attempts.remove(index));
        Poll::Ready(Some(output))
    })
    .await
}

/// Alternates between the two address families, since a network may lack one of them.
fn alternate(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let is_first = addresses.first().map(SocketAddr::is_ipv4);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| Some(address.is_ipv4()) == is_first);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut turns = VecDeque::new();
    while first.len() + second.len() > 0 {
        turns.extend(first.next());
        turns.extend(second.next());
    }
    turns
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use futures_lite::future::{block_on, poll_once};

    use super::*;
    use crate::port::Port;
    use crate::runtime::Sleep;

    /// A runtime whose time advances only while no future can make progress.
    #[derive(Debug)]
    struct Fake;

    thread_local! {
        static NOW: Cell<Duration> = const { Cell::new(Duration::ZERO) };
        static NEXT: Cell<Option<Duration>> = const { Cell::new(None) };
        static TRIED: RefCell<Vec<(u128, u16)>> = const { RefCell::new(Vec::new()) };
    }

    impl Sleep for Fake {
        async fn sleep(duration: Duration) {
            let end = NOW.get() + duration;
            poll_fn(|_| {
                if NOW.get() >= end {
                    return Poll::Ready(());
                }
                NEXT.set(Some(NEXT.get().map_or(end, |next| next.min(end))));
                Poll::Pending
            })
            .await;
        }
    }

    /// A port below 10 never answers, one from 1,000 on accepts after its number less 1,000 in
    /// milliseconds, and others refuse after their number in milliseconds.
    impl Connect for Fake {
        type Socket = Port;

        async fn resolve(_: Address) -> io::Result<Vec<SocketAddr>> {
            unreachable!("addresses are given")
        }

        async fn connect(server: &Address, address: SocketAddr, _: Duration) -> io::Result<Port> {
            assert_eq!(server.to_string(), "name:1", "each attempt is told whom it is to reach");
            let port = address.port();
            TRIED.with_borrow_mut(|tried| tried.push((NOW.get().as_millis(), port)));
            match port {
                ..10 => pending().await,
                10..1_000 => {
                    Self::sleep(Duration::from_millis(port.into())).await;
                    Err(ErrorKind::ConnectionRefused.into())
                }
                _ => {
                    Self::sleep(Duration::from_millis((port - 1_000).into())).await;
                    Ok(Port(port))
                }
            }
        }
    }

    /// Connects to the first port that accepts. Returns it, and the times and ports of attempts.
    fn raced(ports: &[u16]) -> (Result<u16, ErrorKind>, Vec<(u128, u16)>) {
        NOW.set(Duration::ZERO);
        let server = "name:1".parse().unwrap();
        let addresses = ports.iter().map(|&port| ([127, 0, 0, 1], port).into()).collect();
        let mut racing = Box::pin(race::<Fake>(&server, addresses, Duration::MAX));
        loop {
            NEXT.set(None);
            let raced = block_on(poll_once(racing.as_mut()));
            if let Some(raced) = raced {
                let port = raced.map(|Port(port)| port);
                return (port.map_err(|error| error.kind()), TRIED.take());
            }
            NOW.set(NEXT.get().expect("it waits for something"));
        }
    }

    #[test]
    fn an_address_that_does_not_accept_costs_a_moment() {
        let refused = ErrorKind::ConnectionRefused;
        let cases: [(&[u16], _, &[_]); 8] = [
            (&[1_000, 1_001], Ok(1_000), &[(0, 1_000)]),
            (&[1, 1_000], Ok(1_000), &[(0, 1), (250, 1_000)]),
            (&[1, 2, 1_000], Ok(1_000), &[(0, 1), (250, 2), (500, 1_000)]),
            (&[20, 1_000], Ok(1_000), &[(0, 20), (20, 1_000)]),
            // The first may still win; the other attempt is then dropped.
            (&[1_300, 1_200], Ok(1_300), &[(0, 1_300), (250, 1_200)]),
            (&[1_900, 1_200, 1], Ok(1_200), &[(0, 1_900), (250, 1_200)]),
            (&[300, 20], Err(refused), &[(0, 300), (250, 20)]),
            (&[], Err(ErrorKind::NotFound), &[]),
        ];
        for (ports, port, tried) in cases {
            assert_eq!(raced(ports), (port, tried.to_vec()), "{ports:?}");
        }
    }

    #[test]
    fn address_families_alternate() {
        let [a, b, c] = [1, 2, 3].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let [x, y] = [1, 2].map(|port| SocketAddr::from(([0; 8], port)));
        assert_eq!(alternate(vec![x, y, a, b, c]), [x, a, y, b, c]);
        assert_eq!(alternate(vec![a, b, x]), [a, x, b]);
        assert_eq!(alternate(vec![]), []);
    }
}
