//! The client passes the one suite, with the board's server and with peers outside, and closes a
//! connection in order.

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use embassy_net::tcp::ConnectError;
use embassy_time::{Instant, Timer};
use metric_conformance::Offer;
use metric_embassy_net::{Broken, Client, ClientBuffers, ClientError, Settings};
use metric_proto::{Key, Limits, MAX_REQUEST, Sample};
use metric_tests::client_suite::{Kind, check_flow, check_served, check_strangers};

use crate::clock::Pace;
use crate::gateway::gateway;
use crate::server::PACE;
use crate::world::{Board, World, address, port};

const OFFER: Offer = Offer { series: 8, samples: 16, ..Offer::SMALL_BOARD };
const LIMITS: Limits = Limits::new(OFFER.line, OFFER.key);
const IN: usize = LIMITS.min_input();

type Small<'a> = Client<'a, IN, MAX_REQUEST>;
type Buffers = ClientBuffers<512, 512>;

#[test]
fn the_client_goes_with_the_server() {
    run(PACE, async |world| check_served(&Desk::new(world), HERE, OFFER).await);
}

#[test]
fn the_client_stands_up_to_strangers() {
    run(PACE, async |world| check_strangers(&Desk::new(world)).await);
}

#[test]
fn the_client_goes_on_however_slow_the_server_is() {
    run(PACE, async |world| check_flow(&Desk::new(world)).await);
}

#[test]
fn a_connection_that_is_closed_ends_for_the_server_too() {
    run(Pace::Jumps, async |world| {
        let mut buffers = Buffers::new();
        let mut client = connect(world, &mut buffers).await.unwrap();
        client.put(Key::new("k").unwrap(), Sample::new(1.0, 1).unwrap()).await.unwrap();
        assert_eq!(world.counters.open(), 1);
        client.into_stream().close().await.unwrap();
        Timer::after_millis(100).await;
        let counters = world.counters;
        assert_eq!((counters.open(), counters.broken(), counters.timeouts()), (0, 0, 0));
    });
}

#[test]
fn a_connection_that_the_server_has_reset_is_not_closed_in_order() {
    run(Pace::Jumps, async |world| {
        let mut buffers = Buffers::new();
        let mut client = connect(world, &mut buffers).await.unwrap();
        client.put(Key::new("k").unwrap(), Sample::new(1.0, 1).unwrap()).await.unwrap();
        // The idle time-out of the server expires, so it cuts the client.
        Timer::after(world.settings.idle_timeout * 2).await;
        assert_eq!(world.counters.open(), 0);
        assert_eq!(client.into_stream().close().await, Err(Broken::ByPeer));
    });
}

#[test]
fn a_server_that_vanishes_is_given_up_at_each_step() {
    run(Pace::Jumps, async |world| {
        let (key, sample) = (Key::new("k").unwrap(), Sample::new(1.0, 1).unwrap());
        let mut buffers = Buffers::new();
        let mut client = connect(world, &mut buffers).await.unwrap();
        client.put(key, sample).await.unwrap();
        world.to_desk.cut(true);
        let start = Instant::now();
        assert_eq!(client.put(key, sample).await, Err(ClientError::TimedOut));
        assert_eq!(client.put(key, sample).await, Err(ClientError::OutOfStep));
        assert_eq!(start.elapsed().as_secs(), TIME.as_secs());
        client.into_stream().close().await.unwrap_err();
        assert_eq!(connect(world, &mut buffers).await.err(), Some(ConnectError::TimedOut));
        world.to_desk.cut(false);
        let mut client = connect(world, &mut buffers).await.unwrap();
        client.put(key, sample).await.unwrap();
    });
}

#[test]
fn a_port_on_which_nobody_listens_refuses_the_connection() {
    run(Pace::Jumps, async |world| {
        let (mut buffers, closed) = (Buffers::new(), port(1));
        let connected = buffers.connect::<IN, MAX_REQUEST>(world.desk, closed, LIMITS, TIME).await;
        assert_eq!(connected.err(), Some(ConnectError::ConnectionReset));
    });
}

const TIME: embassy_time::Duration = embassy_time::Duration::from_secs(5);

async fn connect<'a>(
    world: &'a World<'_, '_>,
    buffers: &'a mut Buffers,
) -> Result<Small<'a>, ConnectError> {
    buffers.connect(world.desk, address(world.settings), LIMITS, TIME).await
}

fn run(pace: Pace, script: impl AsyncFnOnce(&World<'_, '_>)) {
    let settings = Settings::new(LIMITS);
    Board::<8, 16, 48, IN, 304, 256, 256> { workers: 2, settings }.run(pace, script);
}

/// A placeholder for the board's server, which has no address outside.
const HERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Clients on the desk.
struct Desk<'w, 'e, 'a> {
    world: &'w World<'e, 'a>,
    next_port: Cell<u16>,
}

impl<'w, 'e, 'a> Desk<'w, 'e, 'a> {
    fn new(world: &'w World<'e, 'a>) -> Self {
        Self { world, next_port: Cell::new(1000) }
    }
}

impl<'a> Kind for Desk<'_, '_, 'a> {
    type Client = Small<'a>;
    const MANY: usize = 5_000;

    async fn connect(&self, server: SocketAddr, time: Duration) -> Self::Client {
        let world = self.world;
        let mut endpoint = address(world.settings);
        if server != HERE {
            endpoint = port(self.next_port.replace(self.next_port.get() + 1));
            world.executor.spawn(gateway(world.board, endpoint.port, server)).detach();
            // The gateway listens once it was polled.
            smol::future::yield_now().await;
        }
        let time = embassy_time::Duration::from_millis(time.as_millis() as u64);
        let buffers: &mut Buffers = Box::leak(Box::default());
        buffers.connect(world.desk, endpoint, LIMITS, time).await.expect("the board answers")
    }
}
