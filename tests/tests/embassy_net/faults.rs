//! A bad network and bad peers: every reply is right, and no worker is lost.

use std::cell::RefCell;
use std::thread;

use embassy_futures::join::join_array;
use embassy_time::{Duration, Instant, Timer, with_timeout};
use fastrand::Rng;
use metric_conformance::{Model, Offer};
use metric_embassy_net::{Settings, Worker};
use metric_proto::{FixedStore, Limits};

use crate::clock::Pace;
use crate::link::Faults;
use crate::peer::Memory;
use crate::world::{Board, World, address};

const OFFER: Offer = Offer { connections: 2, series: 8, samples: 40, line: 128, key: 48 };

const REQUEST: &str = "put k 1 1\n";
const REPLY: &str = "ok\n\n";

#[test]
fn frames_lost_and_overtaken_change_no_byte() {
    lossy(&settings(), 100);
}

#[test]
fn a_network_that_loses_every_sixth_frame_changes_no_byte() {
    // The stack waits twice as long each time before it repeats a frame, a second at first.
    let write_timeout = Duration::from_secs(600);
    lossy(&timed(Duration::MAX, write_timeout), 12);
}

/// Fails unless dialogues over a network that loses one frame in so many and lets as many be
/// overtaken are right to the byte.
fn lossy(settings: &Settings, one_in: u32) {
    let mut fates = [0; 3];
    for seed in 0..10 {
        simulate_with(1, settings.clone(), async |world| {
            for (way, seed) in [(&world.to_board, seed), (&world.to_desk, !seed)] {
                way.fail(Faults { one_in, random: Rng::with_seed(seed) });
            }
            let requests = requests(&mut Rng::with_seed(seed), 200);
            let replies = Model::new(OFFER.into()).feed(requests.as_bytes());
            let mut memory = Memory::new(2048);
            let mut peer = memory.connect(world).await;
            peer.expect(requests, replies).await;
            peer.leave().await;
            for (sum, fate) in fates.iter_mut().zip(world.to_board.fates()) {
                *sum += fate;
            }
        });
    }
    let [sent, lost, overtaken] = fates;
    println!("{sent} frames to the board, {lost} lost, {overtaken} overtaken");
    assert!(lost > 0 && overtaken > 0);
}

#[test]
fn a_peer_that_vanishes_inside_a_request_gives_its_worker_back() {
    cut_and_served_again(async |world| {
        let mut memory = Memory::new(2048);
        let mut peer = memory.connect(world).await;
        peer.expect(REQUEST, REPLY).await;
        peer.send("put k 1").await.unwrap();
        Timer::after_millis(100).await;
        vanish(world, true);
        // It is not asked for 60 seconds: three signs of life are missing before.
        freed_within(world, 25, 31).await;
        assert_eq!((world.counters.broken(), world.counters.timeouts()), (1, 0));
    });
}

#[test]
fn a_peer_that_vanishes_inside_a_reply_gives_its_worker_back() {
    cut_and_served_again(async |world| {
        let mut memory = Memory::new(512);
        let mut peer = memory.connect(world).await;
        peer.expect(fill(), REPLY.repeat(40)).await;
        peer.send("get *\n".repeat(40)).await.unwrap();
        Timer::after_millis(1).await;
        vanish(world, true);
        freed_within(world, 9, 12).await;
        assert_eq!((world.counters.broken(), world.counters.timeouts()), (0, 1));
    });
}

#[test]
fn a_peer_that_vanishes_inside_the_handshake_gives_its_worker_back() {
    simulate(1, async |world| {
        let mut memory = Memory::new(512);
        memory.connect(world).await.end().await;
        let mut half_open = memory.socket(world);
        world.to_desk.cut(true);
        let connect = half_open.connect(address(world.settings));
        assert!(with_timeout(Duration::from_millis(500), connect).await.is_err());
        let port = half_open.local_endpoint().unwrap().port;
        world.to_board.vanish(port);
        world.to_desk.vanish(port);
        world.to_desk.cut(false);
        let (start, mut memory) = (Instant::now(), Memory::new(512));
        let mut peer = memory.connect(world).await;
        let seconds = start.elapsed().as_secs();
        assert!((8..=11).contains(&seconds), "it took {seconds} seconds");
        peer.expect(REQUEST, REPLY).await;
        assert_eq!(world.counters.connections(), 2, "what was half open was no connection");
    });
}

#[test]
fn a_peer_that_vanishes_before_the_end_is_acknowledged_gives_its_worker_back() {
    cut_and_served_again(async |world| {
        let mut memory = Memory::new(512);
        let mut peer = memory.connect(world).await;
        peer.expect(REQUEST, REPLY).await;
        world.to_desk.cut(true);
        peer.socket.close();
        Timer::after_millis(1).await;
        vanish(world, true);
        freed_within(world, 9, 12).await;
        assert_eq!((world.counters.broken(), world.counters.timeouts()), (0, 1));
    });
}

#[test]
fn a_peer_that_never_reads_gives_its_worker_back() {
    cut_and_served_again(async |world| {
        let mut memory = Memory::new(512);
        let mut peer = memory.connect(world).await;
        peer.expect(fill(), REPLY.repeat(40)).await;
        peer.send("get *\n".repeat(40)).await.unwrap();
        freed_within(world, 9, 12).await;
        assert_eq!((world.counters.broken(), world.counters.timeouts()), (0, 1));
        peer.until_reset().await;
    });
}

#[test]
fn a_peer_that_reads_a_byte_now_and_then_gives_its_worker_back() {
    cut_and_served_again(async |world| {
        let mut memory = Memory::new(128);
        let mut peer = memory.connect(world).await;
        peer.expect(fill(), REPLY.repeat(40)).await;
        peer.send("get *\n".repeat(10)).await.unwrap();
        let read = async {
            while let Ok(1..) = peer.socket.read(&mut [0; 16]).await {
                Timer::after_secs(1).await;
            }
        };
        let start = Instant::now();
        read.await;
        freed_within(world, 0, 1).await;
        assert!(start.elapsed() < Duration::from_secs(30), "{}", start.elapsed().as_millis());
        assert_eq!(world.counters.timeouts(), 1);
    });
}

#[test]
fn a_peer_that_sends_a_byte_now_and_then_gives_its_worker_back() {
    cut_and_served_again(async |world| {
        let mut memory = Memory::new(512);
        let mut peer = memory.connect(world).await;
        let start = Instant::now();
        while peer.send("x").await.is_ok() {
            Timer::after_secs(1).await;
        }
        assert!(start.elapsed() < Duration::from_secs(62), "{}", start.elapsed().as_millis());
        assert_eq!(world.counters.timeouts(), 1);
    });
}

#[test]
fn a_peer_that_sends_without_an_end_and_without_a_line_gives_its_worker_back() {
    cut_and_served_again(async |world| {
        let mut memory = Memory::new(2048);
        let mut peer = memory.connect(world).await;
        let start = Instant::now();
        while peer.send([b'x'; 1000]).await.is_ok() {
            Timer::after_millis(50).await;
        }
        assert!(start.elapsed() < Duration::from_secs(62), "{}", start.elapsed().as_millis());
        assert_eq!(world.counters.timeouts(), 1);
    });
}

#[test]
fn a_peer_that_says_nothing_is_cut_after_the_time_out_and_one_that_asks_is_not() {
    cut_and_served_again(async |world| {
        let mut memory = Memory::new(512);
        let mut peer = memory.connect(world).await;
        for _ in 0..5 {
            peer.expect(REQUEST, REPLY).await;
            Timer::after_secs(59).await;
        }
        peer.expect(REQUEST, REPLY).await;
        assert_eq!(world.counters.open(), 1);
        freed_within(world, 59, 61).await;
        assert_eq!((world.counters.broken(), world.counters.timeouts()), (0, 1));
        peer.until_reset().await;
    });
}

#[test]
fn a_slow_peer_gets_every_byte_of_a_reply_longer_than_all_buffers() {
    simulate(1, async |world| {
        let mut memory = Memory::new(256);
        let mut peer = memory.connect(world).await;
        peer.expect(fill(), REPLY.repeat(40)).await;
        peer.send("get *\n".repeat(20)).await.unwrap();
        let expected = format!("ok\n{}\n", listing()).repeat(20);
        let (mut got, mut buffer) = (Vec::<u8>::new(), [0; 100]);
        while got.len() < expected.len() {
            let count = peer.socket.read(&mut buffer).await.unwrap();
            got.extend(&buffer[..count]);
            Timer::after_millis(500).await;
        }
        assert!(got == expected.as_bytes());
        peer.end().await;
        assert_eq!((world.counters.broken(), world.counters.timeouts()), (0, 0));
    });
}

#[test]
fn a_peer_that_resets_is_counted_and_leaves_the_worker_to_the_next() {
    cut_and_served_again(async |world| {
        let mut memory = Memory::new(512);
        let mut peer = memory.connect(world).await;
        peer.expect(REQUEST, REPLY).await;
        peer.socket.abort();
        peer.leave().await;
        freed_within(world, 0, 1).await;
        assert_eq!((world.counters.broken(), world.counters.timeouts()), (1, 0));
    });
}

#[test]
fn a_peer_that_resets_while_it_is_owed_a_reply_is_counted_also_after_its_end() {
    cut_and_served_again(async |world| {
        let mut memory = Memory::new(512);
        let mut peer = memory.connect(world).await;
        peer.expect(REQUEST, REPLY).await;
        world.to_desk.cut(true);
        peer.send(REQUEST).await.unwrap();
        peer.socket.close();
        Timer::after_millis(100).await;
        peer.socket.abort();
        peer.leave().await;
        freed_within(world, 0, 1).await;
        assert_eq!((world.counters.broken(), world.counters.timeouts()), (1, 0));
    });
}

#[test]
fn more_peers_than_workers_are_served_in_turns() {
    simulate(2, async |world| {
        let peers: [_; 7] = std::array::from_fn(|number| async move {
            let mut memory = Memory::new(512);
            let mut peer = memory.connect(world).await;
            for timestamp in 0..5 {
                peer.expect(format!("put k{number} 1 {timestamp}\n"), REPLY).await;
                assert!(world.counters.open() <= 2);
                Timer::after_secs(1).await;
            }
            peer.end().await;
        });
        join_array(peers).await;
        let counters = world.counters;
        assert_eq!((counters.connections(), counters.requests()), (7, 35));
        assert_eq!((counters.open(), counters.broken(), counters.timeouts()), (0, 0, 0));
    });
}

#[test]
fn ten_thousand_connections_one_after_the_other_lose_no_worker() {
    simulate(4, async |world| {
        let mut memory = Memory::new(512);
        for number in 0..10_000 {
            let mut peer = memory.connect(world).await;
            let requests = format!("put k {number} 1\nget k\n");
            peer.expect(requests, format!("ok\n\nok\nk {number}.0 1\n\n")).await;
            peer.end().await;
        }
        let counters = world.counters;
        assert_eq!((counters.connections(), counters.requests()), (10_000, 20_000));
        assert_eq!((counters.open(), counters.broken(), counters.timeouts()), (0, 0, 0));
        let mut memories: [_; 4] = std::array::from_fn(|_| Memory::new(512));
        for memory in &mut memories {
            memory.connect(world).await.expect("hello\n", "error\nwrong command\n\n").await;
        }
        assert_eq!(counters.wrong_commands(), 4);
    });
}

/// Runs a script in a world whose board has so many workers, with the time-outs that are the
/// default: time jumps, so that they pass at once.
fn simulate(workers: usize, script: impl AsyncFnOnce(&World<'_, '_>)) {
    simulate_with(workers, settings(), script);
}

fn simulate_with(workers: usize, settings: Settings, script: impl AsyncFnOnce(&World<'_, '_>)) {
    Board::<8, 40, 48, 130, 304, 256, 256> { workers, settings }.run(Pace::Jumps, script);
}

fn settings() -> Settings {
    Settings::new(Limits::new(OFFER.line, OFFER.key))
}

fn timed(idle_timeout: Duration, write_timeout: Duration) -> Settings {
    let mut settings = settings();
    (settings.idle_timeout, settings.write_timeout) = (idle_timeout, write_timeout);
    settings
}

#[test]
fn a_time_out_of_nothing_is_refused() {
    let (shortest, refused) = (Duration::from_millis(1), Duration::from_millis(1) - TICK);
    let runs = |wrong: Settings| {
        let run = move || simulate(0, async |world| work_a_while(world, &wrong).await);
        // What is left of a world that ended so must not be another's.
        thread::spawn(run).join().is_ok()
    };
    assert!(runs(timed(shortest, shortest)));
    for nothing in [Duration::from_ticks(0), TICK, refused] {
        assert!(!runs(timed(shortest, nothing)), "{nothing}");
        assert!(!runs(timed(nothing, shortest)), "{nothing}");
    }
}

async fn work_a_while(world: &World<'_, '_>, settings: &Settings) {
    let store = RefCell::new(FixedStore::<8, 40, 48>::new());
    let mut worker = Worker::<130, 304, 256, 256>::new();
    let work = worker.run(world.board, &store, settings, world.counters);
    let _ = with_timeout(Duration::from_secs(1), work).await;
}

const TICK: Duration = Duration::from_ticks(1);

/// Runs a script that ends with a worker that ought to be free, the only one, and fails unless it
/// serves another peer.
fn cut_and_served_again(script: impl AsyncFnOnce(&World<'_, '_>)) {
    simulate(1, async |world| {
        script(world).await;
        vanish(world, false);
        let mut memory = Memory::new(512);
        let mut peer = memory.connect(world).await;
        peer.expect(REQUEST, REPLY).await;
        peer.end().await;
        assert_eq!(world.counters.open(), 0);
    });
}

/// Waits until the board has no open connection, and fails unless that takes so many seconds.
async fn freed_within(world: &World<'_, '_>, least: u64, most: u64) {
    let start = Instant::now();
    while world.counters.open() > 0 {
        Timer::after_millis(100).await;
    }
    let seconds = start.elapsed().as_secs();
    assert!((least..=most).contains(&seconds), "it took {seconds} seconds");
}

/// Pulls the cable, or puts it back.
fn vanish(world: &World<'_, '_>, vanished: bool) {
    world.to_board.cut(vanished);
    world.to_desk.cut(vanished);
}

fn fill() -> String {
    (0..40).map(|timestamp| format!("put key.of.some.length 0.5 {timestamp}\n")).collect()
}

fn listing() -> String {
    (0..40).map(|timestamp| format!("key.of.some.length 0.5 {timestamp}\n")).collect()
}

/// Random requests, right and wrong.
fn requests(random: &mut Rng, count: usize) -> String {
    let mut request = || {
        let (key, timestamp) = (random.u32(0..10), random.u32(0..50));
        match random.u32(0..8) {
            0 => "get *\n".into(),
            1 => "hello\n".into(),
            2 => format!("get key.{key}\r\n"),
            3 => format!("{}\n", "x".repeat(random.usize(100..300))),
            _ => format!("put key.{key} {} {timestamp}\n", random.f64()),
        }
    };
    (0..count).map(|_| request()).collect()
}
