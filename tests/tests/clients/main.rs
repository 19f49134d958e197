//! The clients of desktops pass the one suite.

mod keys;
mod kinds;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use metric_conformance::Offer;
use metric_driver::client::{Answer, Answers, Error};
use metric_memory::MemoryStore;
use metric_proto::{InvalidKey, Key, Limits, NotFinite, Sample, Selector};
use metric_smol::{ServerHandle, Settings};
use metric_tests::client_suite::{Kind, Peer, check_flow, check_served, check_strangers};
use metric_tests::running::HANG;
use smol::future::poll_once;
use socket2::{Domain, Socket, Type};

use crate::kinds::{AsyncStd, Blocking, CONNECT, Smol};

#[test]
fn the_smol_client_goes_with_the_server() {
    served(OFFER, |server| smol::block_on(check_served(&Smol, server, OFFER)));
}

#[test]
fn the_async_std_client_goes_with_the_server() {
    served(OFFER, |server| async_std::task::block_on(check_served(&AsyncStd, server, OFFER)));
}

#[test]
fn the_blocking_client_goes_with_the_server() {
    served(OFFER, |server| smol::block_on(check_served(&Blocking, server, OFFER)));
}

#[test]
fn the_smol_client_stands_up_to_strangers() {
    smol::block_on(check_strangers(&Smol));
}

#[test]
fn the_async_std_client_stands_up_to_strangers() {
    async_std::task::block_on(check_strangers(&AsyncStd));
}

#[test]
fn the_blocking_client_stands_up_to_strangers() {
    smol::block_on(check_strangers(&Blocking));
}

#[test]
fn the_smol_client_goes_on_however_slow_the_server_is() {
    smol::block_on(check_flow(&Smol));
}

#[test]
fn the_async_std_client_goes_on_however_slow_the_server_is() {
    async_std::task::block_on(check_flow(&AsyncStd));
}

#[test]
fn the_blocking_client_goes_on_however_slow_the_server_is() {
    smol::block_on(check_flow(&Blocking));
}

#[test]
fn a_server_is_found_by_its_name() {
    for connect in CONNECT {
        let peer = Peer::cuts(0, "");
        assert_eq!(connect(&format!("localhost:{}", peer.address().port()), HANG), Ok(()));
        assert!(connect("no such name:1", HANG).is_err());
    }
}

#[test]
fn a_server_that_does_not_listen_refuses_the_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    for connect in CONNECT {
        assert_eq!(connect(&address, HANG), Err(ErrorKind::ConnectionRefused));
    }
}

#[test]
fn no_time_to_connect_is_a_mistake_of_the_caller() {
    for connect in CONNECT {
        assert_eq!(connect("127.0.0.1:1", Duration::ZERO), Err(ErrorKind::InvalidInput));
    }
}

#[test]
fn a_server_that_accepts_nobody_is_given_up() {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    // The backlog has room for one. Later connections are not answered.
    let _first = std::net::TcpStream::connect(address.as_socket().unwrap()).unwrap();
    for connect in CONNECT {
        let address = address.as_socket().unwrap().to_string();
        assert_eq!(connect(&address, Duration::from_millis(100)), Err(ErrorKind::TimedOut));
    }
}

/// Checks the map that `get` of each client returns for a listing.
#[test]
fn a_map_has_each_series_in_the_order_of_time() {
    let listing = "ok\na 1.0 1\na 2.0 2\nb 3.0 -5\n\n";
    let [a, b, c] = [(1.0, 1), (2.0, 2), (3.0, -5)].map(|(value, time)| Sample::new(value, time));
    let series = BTreeMap::from([
        ("a".to_owned(), vec![a.unwrap(), b.unwrap()]),
        ("b".to_owned(), vec![c.unwrap()]),
    ]);
    let peer = || Peer::replies(1, listing, usize::MAX);
    smol::block_on(async {
        let (first, second) = (peer(), peer());
        let mut client = Smol.connect(first.address(), HANG).await;
        assert_eq!(client.get(Selector::All).await.unwrap(), series);
        let mut client = AsyncStd.connect(second.address(), HANG).await;
        assert_eq!(client.get(Selector::All).await.unwrap(), series);
    });
    let peer = peer();
    let mut client = metric_blocking::Client::connect(&peer.address().to_string(), HANG).unwrap();
    assert_eq!(client.get(Selector::All).unwrap(), series);
}

#[test]
fn a_value_is_stored_with_the_time_now() {
    let now = || UNIX_EPOCH.elapsed().unwrap().as_secs() as i64;
    served(OFFER, |server| {
        let (server, since) = (server.to_string(), now());
        let mut blocking = metric_blocking::Client::connect(&server, HANG).unwrap();
        blocking.put_now("blocking", 1.0).unwrap();
        smol::block_on(async {
            let mut client = metric_smol::Client::connect(&server, HANG).await.unwrap();
            client.put_now("smol", 2.0).await.unwrap();
            let mut client = metric_async_std::Client::connect(&server, HANG).await.unwrap();
            client.put_now("async-std", 3.0).await.unwrap();
        });
        let all = blocking.get(Selector::All).unwrap();
        for (key, value) in [("blocking", 1.0), ("smol", 2.0), ("async-std", 3.0)] {
            let [sample] = all[key][..] else { panic!("{:?}", all[key]) };
            assert_eq!(sample.value(), value);
            assert!((since..=now()).contains(&sample.timestamp()), "{sample:?}");
        }
        let put = blocking.put_now("a b", 1.0);
        assert!(matches!(put, Err(Error::InvalidKey(InvalidKey))), "{put:?}");
        let put = blocking.put_now("a", f64::NAN);
        assert!(matches!(put, Err(Error::NotFinite(NotFinite))), "{put:?}");
        assert!(blocking.is_usable());
        blocking.put_now("a", 1.0).unwrap();
    });
}

#[test]
fn a_call_that_is_left_before_its_reply_leaves_the_client_out_of_step() {
    let (key, sample) = (Key::new("k").unwrap(), Sample::new(1.0, 1).unwrap());
    let silent = || Peer::replies(0, "", usize::MAX);
    let (first, second) = (silent(), silent());
    smol::block_on(async {
        let mut client = Smol.connect(first.address(), HANG).await;
        assert!(poll_once(client.put(key, sample)).await.is_none());
        assert!(matches!(client.put(key, sample).await, Err(Error::OutOfStep)));
    });
    async_std::task::block_on(async {
        let mut client = AsyncStd.connect(second.address(), HANG).await;
        assert!(poll_once(client.get(Selector::All)).await.is_none());
        assert!(matches!(client.put(key, sample).await, Err(Error::OutOfStep)));
    });
}

#[test]
fn a_listing_can_be_taken_up_after_a_time_out() {
    let (go_on, wait) = channel();
    let peer = Peer::start(move |mut stream| {
        stream.write_all(b"ok\nk 1.0 1\nk 2.").unwrap();
        wait.recv().unwrap();
        stream.write_all(b"0 2\n\n").unwrap();
        // Closing with unread bytes would reset the connection.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    smol::block_on(async {
        let mut client = Smol.connect(peer.address(), Duration::from_millis(100)).await;
        let mut samples = client.samples(Selector::All).await.unwrap();
        let mut times = Vec::new();
        loop {
            match samples.next().await {
                Ok(Some((_, sample))) => times.push(sample.timestamp()),
                Ok(None) => break,
                Err(Error::TimedOut) => drop(go_on.send(())),
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(times, [1, 2]);
    });
}

#[test]
fn puts_of_a_plain_thread_are_answered_when_they_are_settled() {
    let (key, sample) = (Key::new("k").unwrap(), Sample::new(1.0, 1).unwrap());
    let peer = Peer::answers(vec!["ok\n\n", "error\nwrong command\n\n", "ok\n\n"], usize::MAX);
    let mut client = metric_blocking::Client::connect(&peer.address().to_string(), HANG).unwrap();
    let answers = RefCell::new(Vec::new());
    let mut puts = client.puts(|index, answer| answers.borrow_mut().push((index, answer))).unwrap();
    puts.put(key, sample).unwrap();
    puts.put(key, sample).unwrap();
    puts.settle().unwrap();
    assert_eq!(*answers.borrow(), [(0, Answer::Stored), (1, Answer::Refused)]);
    puts.put(key, sample).unwrap();
    assert_eq!(puts.finish().unwrap(), Answers { stored: 2, refused: 1 });
    assert_eq!(answers.borrow().last(), Some(&(2, Answer::Stored)));
}

/// This test only has to compile.
#[test]
fn the_futures_of_clients_can_go_to_other_threads() {
    fn check<T: Send + 'static>(_: impl Fn(&'static mut T, Key<'static>) -> Box<dyn Send>) {}
    let sample = Sample::new(1.0, 1).unwrap();
    check::<metric_smol::Client>(|client, key| Box::new(client.put(key, sample)));
    check::<metric_smol::Client>(|client, _| Box::new(client.get(Selector::All)));
    check::<metric_smol::Client>(|client, key| {
        Box::new(client.put_all([(key, sample)], |_, _| ()))
    });
    check::<metric_async_std::Client>(|client, key| Box::new(client.put(key, sample)));
    check::<metric_async_std::Client>(|client, _| Box::new(client.get(Selector::All)));
    check::<metric_async_std::Client>(|client, key| {
        Box::new(client.put_all([(key, sample)], |_, _| ()))
    });
}

const OFFER: Offer = Offer::SMALL_DESKTOP;

/// Runs a check while a server with these bounds is running.
fn served(offer: Offer, check: impl FnOnce(SocketAddr)) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, handle) = (listener.local_addr().unwrap(), ServerHandle::default());
    let store = MemoryStore::new(offer.series, offer.samples);
    let settings = Settings::new(Limits::new(offer.line, offer.key));
    thread::scope(|scope| {
        scope.spawn(|| metric_smol::run([listener], &store, &settings, &handle).unwrap());
        let _stop = Stop(&handle);
        check(address);
    });
}

/// Stops the server when dropped, even after a check has failed.
struct Stop<'a>(&'a ServerHandle);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}
