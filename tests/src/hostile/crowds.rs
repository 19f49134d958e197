//! Attacks by many connections that are held open.

use std::path::Path;

use super::pace::Turn;
use super::queue::longest_queue;
use super::scene::{Props, Scene};
use super::sizes::{DEAF, DRIBBLERS, IDLE, LISTED, affordable};

/// The bound of memory for an idle connection, in bytes.
const WAITING: u64 = 4 << 10;

/// The bound of memory for a connection that does not read, in bytes: both buffers and the rest.
const DEAF_EACH: u64 = 128 << 10;

/// The bound of the kernel's send buffer for a connection that does not read, in bytes.
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
    assert!(queue < QUEUE, "{queue} bytes in a kernel buffer");
    attack.end();
    scene.close(&format!(
        "{DEAF} that never read, {each} bytes each and at most {queue} in the kernel, {pace}"
    ));
}
