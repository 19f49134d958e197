//! Slow and silent peers, and the time-outs that cut them.

use std::cell::RefCell;
use std::thread;

use embassy_time::{Duration, Instant, Timer, with_timeout};
use metric_embassy_net::{Settings, Worker};
use metric_proto::FixedStore;

use super::{
    REPLY, REQUEST, cut_and_served_again, fill, freed_within, listing, settings, simulate,
    simulate_with, timed,
};
use crate::peer::Memory;
use crate::world::World;

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
fn a_peer_that_asks_and_reads_is_cut_after_the_time_of_a_connection_if_there_is_one() {
    let mut settings = settings();
    settings.connection_timeout = Duration::from_secs(20);
    simulate_with(1, settings, async |world| {
        let mut memory = Memory::new(512);
        let mut peer = memory.connect(world).await;
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(19) {
            peer.expect(REQUEST, REPLY).await;
            Timer::after_secs(1).await;
        }
        freed_within(world, 0, 2).await;
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
fn a_time_out_of_nothing_is_refused() {
    let (shortest, refused) = (Duration::from_millis(1), Duration::from_millis(1) - TICK);
    let runs = |wrong: Settings| {
        let run = move || simulate(0, async |world| work_a_while(world, &wrong).await);
        // A thread for each world, since a world that panics leaves thread-local state behind.
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
