//! A board that reports to a server elsewhere loses nothing that its store still has, and asks less and
//! less often for a server that is away.

use std::cell::RefCell;

use embassy_futures::select::select;
use embassy_time::{Duration, Instant, Timer};
use metric_embassy_net::{Client, ClientBuffers, PushCounters, Settings, push};
use metric_proto::{FixedStore, Key, Limits, MAX_REQUEST, Sample, Selector, Store};

use crate::clock::Pace;
use crate::world::{Board, World, address};

const LIMITS: Limits = Limits::new(128, 48);
const IN: usize = LIMITS.min_input();

/// What reports: a store on the desk. The board is the server.
type Samples = FixedStore<4, 16, 8>;

#[test]
fn samples_of_an_outage_arrive_when_the_server_is_back() {
    simulate(async |world, store, counters| {
        let mut puts = 0;
        for outage in [false, true, false, true, false] {
            world.to_board.cut(outage);
            world.to_desk.cut(outage);
            for _ in 0..4 {
                for key in ["a", "b", "c"] {
                    put(store, key, puts);
                }
                puts += 1;
                Timer::after_secs(7).await;
            }
        }
        // More than 16 samples of each series, but no outage is as long.
        Timer::after_secs(80).await;
        let expected: Vec<_> =
            ["a", "b", "c"].iter().flat_map(|key| (0..puts).map(|at| line(key, at))).collect();
        assert_eq!(listing(world).await, expected);
        assert_eq!((counters.reported(), counters.dropped(), counters.refused()), (60, 0, 0));
    });
}

#[test]
fn an_outage_that_is_longer_than_the_store_costs_the_oldest_and_counts_them() {
    simulate(async |world, store, counters| {
        put(store, "a", 0);
        Timer::after_secs(5).await;
        world.to_board.cut(true);
        world.to_desk.cut(true);
        for at in 1..=50 {
            put(store, "a", at);
            Timer::after_secs(20).await;
        }
        world.to_board.cut(false);
        world.to_desk.cut(false);
        Timer::after_secs(80).await;
        let kept = (0..1).chain(35..=50).map(|at| line("a", at));
        assert_eq!(listing(world).await, kept.collect::<Vec<_>>());
        assert_eq!((counters.reported(), counters.dropped()), (17, 34));
    });
}

#[test]
fn a_sample_that_the_server_refuses_keeps_no_other_waiting() {
    simulate(async |world, store, counters| {
        // The server has room for three series.
        for key in ["a", "b", "c", "d"] {
            put(store, key, 1);
        }
        put(store, "a", 2);
        Timer::after_secs(5).await;
        let expected = [("a", 1), ("a", 2), ("b", 1), ("c", 1)].map(|(key, at)| line(key, at));
        assert_eq!(listing(world).await, expected);
        assert_eq!((counters.reported(), counters.refused(), counters.dropped()), (4, 1, 0));
    });
}

#[test]
fn a_server_that_is_away_is_asked_less_and_less_often() {
    simulate(async |world, store, counters| {
        world.to_board.cut(true);
        let mut attempts = Vec::new();
        for _ in 0..5 {
            let before = counters.attempts();
            Timer::after_secs(600).await;
            attempts.push(counters.attempts() - before);
        }
        // Each attempt takes 10 s, and the pause behind it up to 60.
        assert!(
            attempts[0] > attempts[1] && attempts[1..].iter().all(|count| (8..=9).contains(count))
        );
        world.to_board.cut(false);
        let back = Instant::now();
        put(store, "a", 1);
        while counters.reported() == 0 {
            Timer::after_secs(1).await;
        }
        assert!(back.elapsed() <= Duration::from_secs(75), "{}", back.elapsed().as_secs());
    });
}

#[test]
fn a_server_that_cuts_the_connection_gets_the_rest_by_the_next_one() {
    simulate(async |world, store, counters| {
        for at in 0..10 {
            put(store, "a", at);
            // The server's idle time-out is 60 s.
            Timer::after_secs(90).await;
        }
        let expected = (0..10).map(|at| line("a", at));
        assert_eq!(listing(world).await, expected.collect::<Vec<_>>());
        assert!(counters.attempts() >= 9 && counters.dropped() == 0);
    });
}

/// The board's clock drifts.
#[test]
fn the_time_is_asked_for_once_an_hour() {
    simulate(async |_, store, counters| {
        put(store, "a", 0);
        Timer::after_secs(2 * 3_600 + 100).await;
        assert_eq!((counters.attempts(), counters.reported()), (3, 1));
    });
}

fn put(mut store: &RefCell<Samples>, key: &str, at: i64) {
    let sample = Sample::new(at as f64, at).unwrap();
    store.put(Key::new(key).unwrap(), sample).unwrap();
}

fn line(key: &str, at: i64) -> String {
    format!("{key} {at} {at}")
}

/// Returns all samples of the server.
async fn listing(world: &World<'_, '_>) -> Vec<String> {
    let mut buffers = ClientBuffers::<512, 512>::new();
    let time = Duration::from_secs(5);
    let connected = buffers.connect(world.desk, address(world.settings), LIMITS, time).await;
    let mut client: Client<'_, IN, MAX_REQUEST> = connected.unwrap();
    let mut samples = client.samples(Selector::All).await.unwrap();
    let mut lines = Vec::new();
    while let Some((key, sample)) = samples.next().await.unwrap() {
        lines.push(format!("{} {} {}", key.as_str(), sample.value(), sample.timestamp()));
    }
    lines
}

/// Runs a script in a world whose desk reports its store to the board.
fn simulate(script: impl AsyncFnOnce(&World<'_, '_>, &RefCell<Samples>, &PushCounters)) {
    let settings = Settings::new(LIMITS);
    let board = Board::<3, 64, 48, IN, 304, 256, 256> { workers: 3, settings };
    board.run(Pace::Jumps, async |world| {
        let (store, counters) = (RefCell::new(Samples::new()), PushCounters::new());
        let pushing = async {
            push(world.desk, address(world.settings), "board", &store, &counters).await;
        };
        select(pushing, script(world, &store, &counters)).await;
    });
}
