//! A bad network and bad peers: every reply is right, and no worker is lost.

mod lossy;
mod many;
mod slow;
mod vanished;

use embassy_time::{Duration, Instant, Timer};
use metric_conformance::Offer;
use metric_embassy_net::Settings;
use metric_proto::Limits;

use crate::clock::Pace;
use crate::peer::Memory;
use crate::world::{Board, World};

const OFFER: Offer = Offer { connections: 2, series: 8, samples: 40, line: 128, key: 48 };

const REQUEST: &str = "put k 1 1\n";
const REPLY: &str = "ok\n\n";

/// Runs a script in a world whose board has `workers` workers and the default time-outs. Simulated
/// time jumps, so that they expire at once.
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

/// Runs a script, and fails unless the only worker is free afterwards and serves another peer.
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

/// Waits until the board has no open connection. Fails unless that takes `least` to `most` seconds.
async fn freed_within(world: &World<'_, '_>, least: u64, most: u64) {
    let start = Instant::now();
    while world.counters.open() > 0 {
        Timer::after_millis(100).await;
    }
    let seconds = start.elapsed().as_secs();
    assert!((least..=most).contains(&seconds), "it took {seconds} seconds");
}

/// Unplugs the cable, or plugs it in.
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
