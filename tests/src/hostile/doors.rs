//! Attacks at the doors of other protocols. The latency of the data port is watched.

use std::net::SocketAddr;
use std::path::Path;

use super::attack::Attack;
use super::attackers::{BATCH, TEAM};
use super::pace::Turn;
use super::scene::{Props, Scene};
use super::sizes::{DATAGRAMS, DRIBBLERS, FLOOD, FRAMES, LINE, NOISE, POURED};
use metric_conformance::reply::{OK, WRONG};

/// The bound of memory for a connection within a line, in bytes.
const WITHIN_LINE: u64 = 4 << 10;

/// The bound of memory for all connections within a frame, in bytes: what each may take, and what all
/// may take together beyond that.
const WITHIN_FRAMES: u64 = FRAMES * (160 << 10) + (80 << 20);

const DOORS: [&str; 4] = ["--graphite", "127.0.0.1:0", "--graphite-pickle", "127.0.0.1:0"];

fn open(program: &Path) -> Scene {
    Scene::open(program, &Props { options: &DOORS, ..Props::default() })
}

fn graphite(scene: &Scene) -> SocketAddr {
    scene.server.told("Graphite at ")
}

/// What a turn of a door may cost: as much as 8 KiB of wrong commands.
fn wrong() -> Turn {
    let lines = [&[b'x'; 63][..], b"\n"].concat().repeat(128);
    Turn::Request(lines, 128 * WRONG.len())
}

pub(super) fn noise(program: &Path) {
    flood(program, "door-noise", NOISE, wrong());
}

pub(super) fn endless(program: &Path) {
    flood(program, "door-endless", LINE, wrong());
}

pub(super) fn poured(program: &Path) {
    let puts = b"put twin 1 1\n".repeat(4 * BATCH);
    flood(program, "door-poured", POURED, Turn::Request(puts, 4 * BATCH * OK.len()));
}

fn flood(program: &Path, name: &str, size: u64, turn: Turn) {
    let mut scene = open(program);
    let pace = scene.pace(TEAM, turn);
    let mut attack = Attack::launch(name, graphite(&scene), size);
    let pace = scene.pace_during(&mut attack, pace);
    attack.result();
    let growth = scene.growth();
    assert!(growth < FLOOD, "{growth} bytes");
    scene.close(&format!("{name}, {size}: growth {growth} bytes, {pace}"));
}

/// The kernel drops what is too much. Two threads share the processors, so an attacker costs a turn.
pub(super) fn datagrams(program: &Path) {
    let mut scene = open(program);
    let pace = scene.pace(TEAM, wrong());
    let mut attack = Attack::launch("door-datagrams", graphite(&scene), DATAGRAMS);
    let pace = scene.pace_during(&mut attack, pace);
    attack.result();
    let growth = scene.growth();
    assert!(growth < FLOOD, "{growth} bytes");
    scene.close(&format!("{DATAGRAMS} datagrams: growth {growth} bytes, {pace}"));
}

pub(super) fn dribble(program: &Path) {
    let mut scene = open(program);
    let attack = Attack::launch("dribble", graphite(&scene), DRIBBLERS);
    let pace = scene.pace_beside_the_waiting(scene.pace(0, Turn::Nothing));
    let each = scene.growth() / DRIBBLERS;
    assert!(each < WITHIN_LINE, "{each} bytes for each of {DRIBBLERS}");
    attack.end();
    scene.close(&format!("{DRIBBLERS} within a line, {each} bytes each, {pace}"));
}

pub(super) fn frames(program: &Path) {
    let mut scene = open(program);
    let attack = Attack::launch("door-frames", scene.server.told("Graphite's pickles at "), FRAMES);
    let pace = scene.pace_beside_the_waiting(scene.pace(TEAM, wrong()));
    let growth = scene.growth();
    assert!(growth < WITHIN_FRAMES, "{growth} bytes for {FRAMES} frames");
    scene.server.wait_for_log("all frames together take too much memory");
    attack.end();
    scene.close(&format!("{FRAMES} within a frame, {growth} bytes in all, {pace}"));
}
