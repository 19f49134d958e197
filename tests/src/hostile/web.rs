//! Attacks over HTTP. The data port is on the same port, and its latency is watched.

use std::path::Path;

use super::attackers::{BATCH, HEADS, TEAM};
use super::pace::Turn;
use super::scene::{Props, Scene};
use super::sizes::{HALVES, LISTED, PIPELINED, READERS, STRANGE, affordable};
use metric_conformance::reply::OK;

/// The bound of memory for a half of a request, in bytes: an idle connection, and a 40th of one of HTTP,
/// since most are refused.
const HALF: u64 = 5 << 10;

/// The bound of memory for a connection of HTTP that does not read, in bytes: a piece of a reply, its
/// copy on the way, and the buffers of hyper.
const DEAF_EACH: u64 = 256 << 10;

/// The code that runs for the first time, of which a debug build has much.
const CODE: u64 = 1 << 20;

/// The same for one that is shown new samples: what was shown of each series comes to that.
const LIVE_EACH: u64 = 512 << 10;

/// Those beyond the bound of connections are refused at once, so the others cost more each.
pub(super) fn halves(program: &Path) {
    let options = ["--max-connections", "11000"];
    let mut scene = Scene::open(program, &Props { options: &options, ..Props::default() });
    let count = affordable(HALVES);
    let attack = scene.attack("web-half", count);
    let pace = scene.pace_beside_the_waiting(scene.pace(0, Turn::Nothing));
    let each = scene.growth() / count;
    assert!(each < HALF, "{each} bytes for each of {count} halves");
    attack.end();
    scene.close(&format!("{count} halves, {each} bytes each, {pace}"));
}

pub(super) fn deaf(program: &Path) {
    held(program, "web-deaf", DEAF_EACH, Props { kept: LISTED, ..Props::default() });
}

pub(super) fn live(program: &Path) {
    held(program, "web-live", LIVE_EACH, Props { kept: 900, ..Props::default() });
}

/// Checks readers that take nothing of their replies.
fn held(program: &Path, name: &str, bound: u64, props: Props<'_>) {
    let mut scene = Scene::open(program, &props);
    let attack = scene.attack(name, READERS);
    let pace = scene.pace_beside_the_waiting(scene.pace(TEAM, batch()));
    let each = scene.growth() / READERS;
    assert!(each < bound, "{each} bytes for each of {READERS}");
    attack.end();
    scene.close(&format!("{READERS} that read nothing, {each} bytes each, {pace}"));
}

/// What a turn of a query may cost: as much as a batch of puts.
fn batch() -> Turn {
    Turn::Request(b"put twin 1 1\n".repeat(BATCH), BATCH * OK.len())
}

pub(super) fn pipelined(program: &Path) {
    let mut scene = Scene::open(program, &Props::default());
    let pace = scene.pace(TEAM, batch());
    let mut attack = scene.attack("web-pipelined", PIPELINED);
    let pace = scene.pace_during(&mut attack, pace);
    attack.result();
    let growth = scene.growth();
    assert!(growth < TEAM as u64 * DEAF_EACH + CODE, "{growth} bytes");
    scene.close(&format!("{PIPELINED} pipelined requests: growth {growth} bytes, {pace}"));
}

pub(super) fn strange(program: &Path) {
    let mut scene = Scene::open(program, &Props::default());
    let pace = scene.pace(TEAM, Turn::Visit);
    let mut attack = scene.attack("web-strange", STRANGE);
    let pace = scene.pace_during(&mut attack, pace);
    attack.result();
    let growth = scene.growth();
    assert!(growth < 4 << 20, "{growth} bytes");
    let told = format!("{STRANGE} strange requests of {} kinds", HEADS.len());
    scene.close(&format!("{told}: growth {growth} bytes, {pace}"));
}
