//! Whatever a crash leaves on the disk, at whatever moment, the durable store opens it and has what
//! it promised.
//!
//! `CRASH_STATES` sets how many disks are judged for each kind of sync, `CRASH_SEED` the first seed.
//! Long runs print how far they are with `--nocapture`, so that another one can go on from there.

use metric_disk::Sync;
use metric_tests::crash_model::{Judging, Life};

/// How many disks are judged for each kind of sync.
const STATES: u64 = 34_000;

/// After how many disks the progress is printed.
const PROGRESS: u64 = 100_000;

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

fn check(sync: Sync) {
    let (mut judged, mut seed) = (0, variable("CRASH_SEED", 0));
    while judged < variable("CRASH_STATES", STATES) {
        let mut life = Life::new(seed, sync, Judging::All);
        for _ in 0..150 {
            life.step();
        }
        life.end();
        let before = judged;
        judged += life.witness().judged();
        seed += 1;
        if before / PROGRESS < judged / PROGRESS {
            println!("{sync:?}: {judged} disks; the next seed is {seed}");
        }
    }
    println!("{sync:?}: {judged} disks; the next seed is {seed}");
}

#[test]
fn what_was_written_survives_a_kill() {
    check(Sync::Write);
}

#[test]
fn what_was_synced_survives_a_power_loss() {
    check(Sync::Interval);
}

#[test]
fn what_was_acknowledged_survives_a_power_loss() {
    check(Sync::Always);
}
