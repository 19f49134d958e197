//! Attackers who come in crowds and hold their connections.

use std::path::Path;

use super::pace::Turn;
use super::queue::longest_queue;
use super::scene::{Props, Scene};
use super::sizes::{DEAF, DRIBBLERS, IDLE, LISTED, affordable};

/// Bytes of memory for a connection that waits.
const WAITING: u64 = 4 << 10;

/// Bytes of memory for one that does not take its replies: both buffers, and the rest.
const DEAF_EACH: u64 = 128 << 10;

/// Bytes in the system for one that does not take its replies.
const QUEUE: u64 = 640 << 10;

pub(super) fn idle(program: &Path) {
    let options = ["--max-connections", "11000"];
    let mut scene = Scene::open(program, &Props { options: &options, ..Props::default() });
    let count = affordable(IDLE);
    let attack = scene.attack("idle", count);
    scene.server.wait_for_counters(&format!("connections: {} open", count + 2));
    let pace = scene.pace_beside_the_waiting(scene.pace(0, Turn::Nothing));
    let each = scene.growth() / count;
    assert!(each < WAITING, "{each} bytes for each of {count} connections");
    attack.end();
    scene.close(&format!("{count} connections, {each} bytes each, {pace}"));
}

pub(super) fn dribble(program: &Path) {
    let mut scene = Scene::open(program, &Props::default());
    let attack = scene.attack("dribble", DRIBBLERS);
    let pace = scene.pace_beside_the_waiting(scene.pace(0, Turn::Nothing));
    let each = scene.growth() / DRIBBLERS;
    assert!(each < WAITING, "{each} bytes for each of {DRIBBLERS} connections");
    attack.end();
    scene.close(&format!("{DRIBBLERS} connections, {each} bytes each, {pace}"));
}

pub(super) fn deaf(program: &Path) {
    let mut scene = Scene::open(program, &Props { kept: LISTED, ..Props::default() });
    let attack = scene.attack("deaf", DEAF);
    scene.wait_for_rest();
    let pace = scene.pace_beside_the_waiting(scene.pace(0, Turn::Nothing));
    let (each, queue) = (scene.growth() / DEAF, longest_queue(scene.server.address()));
    assert!(each < DEAF_EACH, "{each} bytes for each of {DEAF} that never read");
    assert!(queue < QUEUE, "{queue} bytes wait in the system for one of them");
    attack.end();
    scene.close(&format!(
        "{DEAF} that never read, {each} bytes each and {queue} in the system at most, \
         {pace}"
    ));
}
