//! The workers of a board's page serve everyone, whoever else connects.

use std::cell::RefCell;

use embassy_futures::join::join_array;
use embassy_futures::select::select;
use embassy_time::{Duration, Instant, Timer, with_timeout};
use metric_board_web::{Http, longest_line};
use metric_embassy_net::{Counters, Limits, Settings, Worker};
use metric_proto::{FixedStore, Key, Sample, Store};

use crate::clock::Pace;
use crate::peer::{Memory, Peer};
use crate::world::{Board, World};

const WORKERS: usize = 2;
const REQUEST: &str = "GET /v1/last HTTP/1.1\r\nHost: metric.local\r\n\r\n";
const BODY: &str = r#"{"now": 90, "series": [{"key": "palm.cpu", "last": [60, 23.7]}]}"#;

#[test]
fn a_request_is_answered_however_others_hold_the_workers() {
    simulate(async |world, counters| {
        for kind in [Peers::Silent, Peers::InTheHead, Peers::Slow, Peers::Endless, Peers::Gone] {
            let mut memories = [Memory::new(64), Memory::new(64), Memory::new(64)];
            let start = Instant::now();
            let held = join_array(memories.each_mut().map(|memory| hold(world, memory, kind)));
            let _ = with_timeout(Duration::from_secs(30), held).await;
            let mut memory = Memory::new(2048);
            let body = ask(world, &mut memory).await;
            assert_eq!(body, BODY, "{kind:?}");
            Timer::after_secs(11).await;
            assert_eq!(counters.open(), 0, "{kind:?} after {} s", start.elapsed().as_secs());
        }
    });
}

#[test]
fn many_requests_of_browsers_are_all_answered() {
    simulate(async |world, counters| {
        for _ in 0..500 {
            assert_eq!(ask(world, &mut Memory::new(2048)).await, BODY);
        }
        assert_eq!((counters.connections(), counters.timeouts()), (500, 0));
    });
}

/// Those who hold a worker.
#[derive(Clone, Copy, Debug)]
enum Peers {
    Silent,
    InTheHead,
    Slow,
    Endless,
    Gone,
}

async fn hold(world: &World<'_, '_>, memory: &mut Memory, kind: Peers) {
    let mut peer = memory.connect(world).await;
    let wait =
        async |peer: &mut Peer<'_>| while let Ok(1..) = peer.socket.read(&mut [0; 8]).await {};
    match kind {
        Peers::Silent => wait(&mut peer).await,
        Peers::InTheHead => {
            let _ = peer.send("GET / HTTP/1.1\r\nHost: ").await;
            wait(&mut peer).await;
        }
        Peers::Slow => {
            let _ = peer.send("GET / HTTP/1.1\r\n\r\n").await;
            while let Ok(1..) = peer.socket.read(&mut [0; 1]).await {
                Timer::after_millis(900).await;
            }
        }
        Peers::Endless => while peer.send([b'x'; 100]).await.is_ok() {},
        Peers::Gone => peer.socket.abort(),
    }
}

/// Returns the body of the reply.
async fn ask(world: &World<'_, '_>, memory: &mut Memory) -> String {
    let mut peer = memory.connect(world).await;
    peer.send(REQUEST).await.unwrap();
    let (mut reply, mut buffer) = (Vec::new(), [0; 256]);
    while let Ok(count @ 1..) = peer.socket.read(&mut buffer).await {
        reply.extend_from_slice(&buffer[..count]);
    }
    peer.end().await;
    let reply = String::from_utf8(reply).unwrap();
    reply.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

const PORT: u16 = 80;

#[test]
#[should_panic = "no peer can be served in no time"]
fn a_page_whose_connections_may_take_no_time_is_refused() {
    let mut settings = settings();
    settings.connection_timeout = Duration::MIN;
    simulate_with(settings, async |_, _| {});
}

/// Runs a script in a world whose board has the workers of its page alone, with the time-outs of the
/// firmware.
fn simulate(script: impl AsyncFnOnce(&World<'_, '_>, &Counters)) {
    simulate_with(settings(), script);
}

fn settings() -> Settings {
    let mut settings = Settings::new(Limits::DESKTOP);
    settings.port = PORT;
    settings.idle_timeout = Duration::from_secs(5);
    settings.connection_timeout = Duration::from_secs(20);
    settings
}

fn simulate_with(settings: Settings, script: impl AsyncFnOnce(&World<'_, '_>, &Counters)) {
    let board = Board::<1, 1, 8, 642, 304, 1, 1> { workers: 0, settings };
    board.run(Pace::Jumps, async |world| {
        let store = RefCell::new(FixedStore::<4, 4, 16>::new());
        let sample = Sample::new(23.7, 60).unwrap();
        (&store).put(Key::new("palm.cpu").unwrap(), sample).unwrap();
        let counters = Counters::new();
        let work = async || {
            let mut worker = Worker::<{ longest_line(16) }, 64, 256, 512>::new();
            let session = || Http::<_, _, 16>::new(&store, || 90);
            worker.run_sessions(world.board, session, world.settings, &counters).await
        };
        let workers: [_; WORKERS] = std::array::from_fn(|_| work());
        let workers = async {
            join_array(workers).await;
        };
        select(workers, script(world, &counters)).await;
    });
}
