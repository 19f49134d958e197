//! Whichever operation of the disk fails, the durable store promises nothing that it does not keep,
//! and goes on when the disk is well again.

use metric_disk::Sync;
use metric_tests::crash_model::{Judging, Life};
use metric_tests::simulated_disk::{Calls, Done, Failure, Lasting};
use rustix::io::Errno;

type Kind = (Errno, Done, Calls);

/// The last one includes reads.
const KINDS: [Kind; 4] = [
    (Errno::IO, Done::Nothing, Calls::Operations),
    (Errno::NOSPC, Done::Half, Calls::Operations),
    (Errno::IO, Done::All, Calls::Operations),
    (Errno::IO, Done::Nothing, Calls::All),
];

/// Runs something with each failure of each of its operations. It returns whether the disk failed.
fn each_failure(kinds: &[Kind], mut run: impl FnMut(Failure) -> bool) {
    for &(error, done, calls) in kinds {
        for lasting in [Lasting::Once, Lasting::UntilHealed] {
            let step = if calls == Calls::All { 5 } else { 1 };
            for after in (0..).step_by(step) {
                if !run(Failure { after, calls, error, done, lasting }) {
                    assert!(after > 3, "the disk has failed {after} times only");
                    break;
                }
            }
        }
    }
}

fn work(life: &mut Life, steps: usize) {
    (0..steps).for_each(|_| life.work());
}

/// Heals the disk, and checks that everything goes on.
fn recover(life: &mut Life) {
    life.judge();
    life.disk().heal();
    life.recover();
    life.judge();
    assert_eq!(life.disk().synced_again(), 0, "a file is synced again after a failure");
    life.end();
}

fn check_work(sync: Sync) {
    each_failure(&KINDS, |failure| {
        println!("{sync:?} {failure:?}");
        let mut life = Life::new(7 + failure.after, sync, Judging::Nothing);
        work(&mut life, 20);
        life.disk().fail(failure);
        work(&mut life, 60);
        let has_failed = life.disk().has_failed();
        recover(&mut life);
        has_failed
    });
}

#[test]
fn what_was_written_is_there_whatever_fails() {
    check_work(Sync::Write);
}

#[test]
fn what_was_synced_is_there_whatever_fails() {
    check_work(Sync::Interval);
}

#[test]
fn what_was_acknowledged_is_there_whatever_fails() {
    check_work(Sync::Always);
}

/// Opens a killed store with a failure. Returns whether the disk failed, and whether it was told.
fn start(failure: Failure) -> (Life, bool, bool) {
    println!("{failure:?}");
    let mut life = Life::new(failure.after, Sync::Interval, Judging::Nothing);
    work(&mut life, 80);
    life.kill();
    life.disk().fail(failure);
    let opened = life.try_open();
    let has_failed = life.disk().has_failed();
    if opened.is_none() {
        life.disk().heal();
        assert!(life.try_open().is_some_and(|findings| findings.is_empty()), "the disk is well");
    }
    (life, has_failed, opened.is_some_and(|findings| !findings.is_empty()))
}

#[test]
fn a_start_that_fails_harms_nothing() {
    each_failure(&KINDS[..3], |failure| {
        let (mut life, has_failed, _) = start(failure);
        recover(&mut life);
        has_failed
    });
}

#[test]
fn what_cannot_be_read_at_the_start_is_told() {
    each_failure(&KINDS[3..], |failure| {
        let (mut life, has_failed, is_told) = start(failure);
        if !is_told {
            recover(&mut life);
        }
        life.end();
        has_failed
    });
}

#[test]
fn a_store_that_starts_on_a_full_disk_serves_and_goes_on_when_there_is_room() {
    for seed in 0..40 {
        println!("{seed}");
        let mut life = Life::new(seed, Sync::Write, Judging::Nothing);
        work(&mut life, 80);
        if seed % 2 == 0 {
            life.close();
        }
        life.kill();
        life.disk().set_capacity(0);
        assert!(life.try_open().is_some(), "it opens");
        work(&mut life, 40);
        life.judge();
        life.disk().set_capacity(u64::MAX);
        recover(&mut life);
    }
}
