//! Peers that vanish or reset, in each state of a connection.

use embassy_time::{Duration, Instant, Timer, with_timeout};

use super::{REPLY, REQUEST, cut_and_served_again, fill, freed_within, simulate, vanish};
use crate::peer::Memory;
use crate::world::address;

#[test]
fn a_peer_that_vanishes_inside_a_request_gives_its_worker_back() {
    cut_and_served_again(async |world| {
        let mut memory = Memory::new(2048);
        let mut peer = memory.connect(world).await;
        peer.expect(REQUEST, REPLY).await;
        peer.send("put k 1").await.unwrap();
        Timer::after_millis(100).await;
        vanish(world, true);
        // Keep-alive finds it after three missing answers, before the time-out of 60 seconds.
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
