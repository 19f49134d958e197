//! More peers than workers.

use embassy_futures::join::join_array;
use embassy_time::Timer;

use super::{REPLY, simulate};
use crate::peer::Memory;

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
