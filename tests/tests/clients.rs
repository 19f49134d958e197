//! The clients of desktops pass the one suite.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use metric_driver::client::Answer;
use metric_memory::MemoryStore;
use metric_proto::{Key, Limits, Sample, Selector};
use metric_smol::{Control, Settings};
use metric_tests::Offer;
use metric_tests::client_suite::{
    Failure, Kind, Peer, Subject, check_flow, check_served, check_strangers, failure,
};
use metric_tests::running::HANG;
use socket2::{Domain, Socket, Type};

#[test]
fn the_smol_client_goes_with_the_server() {
    served(|server| smol::block_on(check_served(&Smol, server, OFFER)));
}

#[test]
fn the_async_std_client_goes_with_the_server() {
    served(|server| async_std::task::block_on(check_served(&AsyncStd, server, OFFER)));
}

#[test]
fn the_blocking_client_goes_with_the_server() {
    served(|server| smol::block_on(check_served(&Blocking, server, OFFER)));
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
fn a_server_that_accepts_nobody_is_given_up() {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    // The backlog has room for one; whoever comes later is not answered.
    let _first = std::net::TcpStream::connect(address.as_socket().unwrap()).unwrap();
    for connect in CONNECT {
        let address = address.as_socket().unwrap().to_string();
        assert_eq!(connect(&address, Duration::from_millis(100)), Err(ErrorKind::TimedOut));
    }
}

/// That these compile is what they show.
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

type Connect = fn(&str, Duration) -> Result<(), ErrorKind>;

/// Connects by each client, and forgets the connection.
const CONNECT: [Connect; 3] = [
    |server, time| {
        let connected = smol::block_on(metric_smol::Client::connect(server, time));
        connected.map(drop).map_err(|error| error.kind())
    },
    |server, time| {
        let connect = metric_async_std::Client::connect(server, time);
        async_std::task::block_on(connect).map(drop).map_err(|error| error.kind())
    },
    |server, time| {
        metric_blocking::Client::connect(server, time).map(drop).map_err(|error| error.kind())
    },
];

const OFFER: Offer = Offer::SMALL_DESKTOP;

/// Runs a check beside a server.
fn served(check: impl FnOnce(SocketAddr)) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, control) = (listener.local_addr().unwrap(), Control::default());
    let store = MemoryStore::new(OFFER.series, OFFER.samples);
    let limits = Limits::new(OFFER.line, OFFER.key);
    let settings = Settings { limits, ..Settings::default() };
    thread::scope(|scope| {
        scope.spawn(|| metric_smol::run(listener, &store, &settings, &control).unwrap());
        check(address);
        control.stop();
    });
}

struct Smol;

impl Kind for Smol {
    type Client = metric_smol::Client;
    const MANY: usize = 100_000;

    async fn connect(&self, server: SocketAddr, time: Duration) -> Self::Client {
        metric_smol::Client::connect(&server.to_string(), time).await.unwrap()
    }
}

struct AsyncStd;

impl Kind for AsyncStd {
    type Client = metric_async_std::Client;
    const MANY: usize = 100_000;

    async fn connect(&self, server: SocketAddr, time: Duration) -> Self::Client {
        metric_async_std::Client::connect(&server.to_string(), time).await.unwrap()
    }
}

struct Blocking;

impl Kind for Blocking {
    type Client = Waiting;
    const MANY: usize = 100_000;

    async fn connect(&self, server: SocketAddr, time: Duration) -> Self::Client {
        Waiting(metric_blocking::Client::connect(&server.to_string(), time).unwrap())
    }
}

/// The client whose futures are done when they are polled.
struct Waiting(metric_blocking::Client);

impl Subject for Waiting {
    async fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Failure> {
        self.0.put(key, sample).map_err(failure)
    }

    async fn put_all<'k>(
        &mut self,
        samples: impl IntoIterator<Item = (Key<'k>, Sample)>,
        answered: impl FnMut(usize, Answer),
    ) -> Result<(), Failure> {
        self.0.put_all(samples, answered).map_err(failure)
    }

    async fn samples(
        &mut self,
        selector: Selector<'_>,
        mut visit: impl FnMut(Key<'_>, Sample),
    ) -> Result<(), Failure> {
        let mut samples = self.0.samples(selector).map_err(failure)?;
        while let Some((key, sample)) = samples.next().map_err(failure)? {
            visit(key, sample);
        }
        Ok(())
    }
}
