//! Attacks by connections that come and go, and by connections that use up all files.

use std::io::{Read, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::attackers::TEAM;
use super::pace::Turn;
use super::scene::{Props, Scene};
use super::sizes::VISITS;
use crate::running::HANG;
use metric_conformance::reply::OK;

/// The bound of memory left behind by a closed connection, in bytes.
const LEFT: u64 = 64;

pub(super) fn churn(program: &Path) {
    let mut scene = Scene::open(program, &Props { kept: 5, ..Props::default() });
    let waves = [(); 2].map(|()| {
        let pace = scene.pace(TEAM, Turn::Visit);
        let mut attack = scene.attack("churn", VISITS / 2);
        let pace = scene.pace_during(&mut attack, pace);
        assert!(attack.result().is_empty());
        (scene.growth(), pace)
    });
    let [(before, pace), (after, again)] = waves;
    let left = (after - before) / (VISITS / 2);
    assert!(left < LEFT, "{left} bytes left behind by each connection");
    scene.server.wait_for_counters("connections: 2 open");
    scene.close(&format!("growth {before} bytes, then {after}; {pace}; {again}"));
}

/// The server's limit of open files, and the number of peers, which need one each.
const FILES: u64 = 64;
const PEERS: u64 = 200;

/// The bound of the CPU time of a server without free files, as a share of the time.
const BUSY: f64 = 0.25;

pub(super) fn files(program: &Path) {
    let mut scene = Scene::open(program, &Props { files: Some(FILES), ..Props::default() });
    let (mut paces, mut busy) = (Vec::new(), 0.0_f64);
    for _ in 0..3 {
        // Connect before the files run out.
        let beside = scene.pace(0, Turn::Nothing);
        let attack = scene.attack("idle", PEERS);
        wait_for_no_files(&scene);
        busy = busy.max(share_of_time(&scene));
        paces.push(scene.pace_beside_the_waiting(beside));
        attack.end();
        let mut late = scene.server.connect();
        late.write_all(b"get none\n").expect("the server reads");
        late.read_exact(&mut [0; OK.len()]).expect("the server has a file again");
        drop(late);
        scene.wait_for_files();
    }
    assert!(busy < BUSY, "busy for {busy:.2} of the time without files");
    scene.close(&format!("busy for {busy:.2} of the time without files; {}", paces.join("; ")));
}

fn wait_for_no_files(scene: &Scene) {
    let since = Instant::now();
    while (scene.server.files() as u64) < FILES {
        assert!(since.elapsed() < HANG, "the peers get no files");
        thread::sleep(Duration::from_millis(10));
    }
    scene.server.wait_for_log("accepting fails");
}

/// Returns the share of the time for which the server is busy without requests.
fn share_of_time(scene: &Scene) -> f64 {
    let (before, since) = (scene.server.ticks(), Instant::now());
    thread::sleep(Duration::from_millis(500));
    let busy = Duration::from_millis(10 * (scene.server.ticks() - before));
    busy.div_duration_f64(since.elapsed())
}
