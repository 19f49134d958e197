//! Attacks by floods of bytes.

use std::path::Path;

use super::attackers::{BATCH, TEAM};
use super::pace::Turn;
use super::scene::{Props, Scene};
use super::sizes::{FLOOD, KEYS, LINE, NOISE};
use metric_conformance::reply::{OK, WRONG};

/// The number of bytes that a server reads at once.
const READ: usize = 16 << 10;

pub(super) fn endless(program: &Path) {
    let line = [&[b'x'; READ - 1][..], b"\n"].concat();
    flood(program, "endless", LINE, Turn::Request(line, WRONG.len()));
}

pub(super) fn noise(program: &Path) {
    let lines = [&[b'x'; 255][..], b"\n"].concat().repeat(READ / 256);
    flood(program, "noise", NOISE, Turn::Request(lines, READ / 256 * WRONG.len()));
}

fn flood(program: &Path, name: &str, size: u64, turn: Turn) {
    let mut scene = Scene::open(program, &Props::default());
    let pace = scene.pace(TEAM, turn);
    let mut attack = scene.attack(name, size);
    let pace = scene.pace_during(&mut attack, pace);
    attack.result();
    let growth = scene.growth();
    assert!(growth < FLOOD, "{growth} bytes");
    scene.close(&format!("{size} bytes: growth {growth} bytes, {pace}"));
}

pub(super) fn keys(program: &Path) {
    let options = ["--max-series", "1000"];
    let mut scene = Scene::open(program, &Props { options: &options, ..Props::default() });
    let puts = b"put twin 1 1\n".repeat(BATCH);
    let pace = scene.pace(TEAM, Turn::Request(puts, BATCH * OK.len()));
    let mut attack = scene.attack("keys", KEYS);
    let pace = scene.pace_during(&mut attack, pace);
    let room = 1000 - scene.witness.series() as u64;
    assert_eq!(attack.result(), [room, KEYS - room]);
    scene.server.wait_for_counters(&format!("refused: {},", KEYS - room));
    assert!(scene.server.log().contains("series: 1000,"), "{}", scene.server.log());
    let growth = scene.growth();
    assert!(growth < FLOOD, "{growth} bytes");
    scene.close(&format!("{KEYS} keys, growth {growth} bytes, {pace}"));
}
