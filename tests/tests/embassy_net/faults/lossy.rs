//! A network that loses and reorders frames.

use embassy_time::Duration;
use fastrand::Rng;
use metric_conformance::Model;
use metric_embassy_net::Settings;

use super::{OFFER, settings, simulate_with, timed};
use crate::link::Faults;
use crate::peer::Memory;

#[test]
fn frames_lost_and_overtaken_change_no_byte() {
    lossy(&settings(), 100);
}

#[test]
fn a_network_that_loses_every_sixth_frame_changes_no_byte() {
    // The stack waits a second before it repeats a frame, then twice as long each time.
    let write_timeout = Duration::from_secs(600);
    lossy(&timed(Duration::MAX, write_timeout), 12);
}

/// Fails unless dialogues are right to the byte over a network that loses one frame in `one_in` and
/// reorders as many.
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

/// Returns random requests and wrong commands.
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
