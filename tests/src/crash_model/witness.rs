//! What sees each operation of a disk: it judges what a crash would leave, and puts in between.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use metric_disk::{Finding, Handle, Settings, Sync};
use metric_proto::{Key, Store};

use super::{Found, History, Rows, Source, judge, put};
use crate::simulated_disk::{Crash, SimulatedDisk};

/// Judges a disk after each of its operations.
#[derive(Debug)]
pub struct Witness {
    seed: u64,
    pub(super) settings: Settings,
    history: Mutex<History>,
    source: Mutex<Source>,
    intruder: Mutex<Intruder>,
    judged: AtomicU64,
    judging: Judging,
    /// Whether there was a power loss: a write that it cut is found until its log is flushed.
    had_power_loss: AtomicBool,
}

/// What is judged after each operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judging {
    /// What a kill leaves, and each kind of power loss.
    All,
    /// Nothing.
    Nothing,
}

/// A connection that puts while the background is at work.
#[derive(Debug, Default)]
pub(super) struct Intruder {
    pub(super) handle: Option<Handle<SimulatedDisk>>,
    /// Up to where its changes are in the history.
    pub(super) last: usize,
    /// How many flushes it may begin during a merge. Each leaves something to merge, so without a bound a
    /// merge might never end.
    pub(super) flushes: u32,
    files: BTreeMap<String, Vec<u8>>,
}

impl Witness {
    pub(super) fn new(seed: u64, settings: Settings, source: Source, judging: Judging) -> Self {
        let history = Mutex::new(History::new(settings.max_samples));
        let (source, intruder, judged) = (Mutex::new(source), Mutex::default(), AtomicU64::new(0));
        let had_power_loss = AtomicBool::new(false);
        Self { seed, settings, history, source, intruder, judged, judging, had_power_loss }
    }

    /// Notes a power loss.
    pub(super) fn lose_power(&self) {
        self.had_power_loss.store(true, Relaxed);
    }

    pub(super) fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().expect("no panic")
    }

    pub(super) fn source(&self) -> MutexGuard<'_, Source> {
        self.source.lock().expect("no panic")
    }

    pub(super) fn intruder(&self) -> MutexGuard<'_, Intruder> {
        self.intruder.lock().expect("no panic")
    }

    /// Returns the settings of the store.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the keys, timestamps and the bits of the values of all puts.
    #[must_use]
    pub fn put(&self) -> BTreeSet<(String, i64, u64)> {
        self.history().all_put()
    }

    /// Returns how many disks were opened and judged.
    #[must_use]
    pub fn judged(&self) -> u64 {
        self.judged.load(Relaxed)
    }

    /// Notes that what a connection has put is acknowledged.
    pub(super) fn acknowledge(&self, position: usize) {
        let mut history = self.history();
        history.survives_kill(position);
        if self.settings.sync == Sync::Always {
            history.survives_power_loss(position);
        }
    }

    /// Awaits what was put in between, as far as it need not wait.
    pub(super) fn commit_intruder(&self) {
        let mut taken = std::mem::take(&mut self.intruder().handle);
        let last = self.intruder().last;
        if let Some(handle) = &mut taken {
            let mut context = Context::from_waker(Waker::noop());
            for _ in 0..3 {
                match handle.poll_ready(&mut context) {
                    Poll::Ready(Ok(())) => {
                        self.acknowledge(last);
                        break;
                    }
                    Poll::Ready(Err(_)) => {
                        self.intruder().last = 0;
                        break;
                    }
                    Poll::Pending => _ = handle.store().sync(),
                }
            }
        }
        self.intruder().handle = taken;
    }

    /// Judges what a crash would leave now, and puts if nothing of the store is locked.
    pub(super) fn see(&self, copy: &SimulatedDisk, disk: &SimulatedDisk) {
        if self.judging == Judging::All {
            self.judge_kill(&copy.kill());
            Crash::ALL.iter().for_each(|&crash| _ = self.judge_power_loss(copy, crash));
        }
        self.intrude(disk);
    }

    /// Returns the rows after a kill, and the number of changes that led to them.
    pub(super) fn judge_kill(&self, disk: &SimulatedDisk) -> (Rows, usize) {
        let _case = self.case("kill".to_owned());
        let Found { rows, findings, damaged } = judge(disk, &self.settings);
        // A write that failed may have left a part of itself.
        let may_be_cut = self.had_power_loss.load(Relaxed) && findings.iter().all(is_cut);
        let may_be = may_be_cut || self.judging == Judging::Nothing;
        assert!(findings.is_empty() || may_be, "{findings:?}");
        assert_eq!(damaged, 0, "damaged samples");
        let history = self.history();
        let Some(position) = history.after_kill(&rows) else {
            panic!("after a kill: {}", history.differs(&rows));
        };
        drop(history);
        self.judge_again(disk, &rows);
        (rows, position)
    }

    /// Returns the rows after a power loss.
    pub(super) fn judge_power_loss(&self, disk: &SimulatedDisk, crash: Crash) -> Rows {
        let seed = self.seed ^ self.judged() << 32;
        let _case = self.case(format!("{crash:?} with {seed}"));
        let disk = disk.crash(crash, seed);
        let Found { rows, findings, damaged } = judge(&disk, &self.settings);
        assert_eq!(damaged, 0, "damaged samples");
        // A write that failed may have left a part of itself.
        let may_be = self.judging == Judging::Nothing || findings.iter().all(is_cut);
        assert!(may_be, "{findings:?}");
        if let Err(wrong) = self.history().check_power_loss(&rows) {
            panic!("after a power loss, {crash:?}: {wrong}; {findings:?}, {disk:?}");
        }
        self.judge_again(&disk, &rows);
        rows
    }

    /// Kills the store that was opened on a disk, and opens it again, now and then.
    fn judge_again(&self, disk: &SimulatedDisk, rows: &Rows) {
        if self.judged().is_multiple_of(8) {
            let again = judge(&disk.kill(), &self.settings).rows;
            assert_eq!(again, *rows, "opened twice");
        }
    }

    fn case(&self, what: String) -> Case {
        let number = self.judged.fetch_add(1, Relaxed);
        Case(format!("seed {}, {:?}, disk {number}: {what}", self.seed, self.settings.sync))
    }

    /// Puts if the last operation has changed names, and awaits if it was a sync: then nothing of the
    /// store is locked. It flushes after any operation of a merge.
    fn intrude(&self, disk: &SimulatedDisk) {
        let mut intruder = self.intruder();
        let files = disk.contents();
        let before = std::mem::replace(&mut intruder.files, files.clone());
        let is_sync = before == files;
        let is_changed = !before.keys().eq(files.keys());
        let Intruder { handle: Some(handle), last, flushes, files } = &mut *intruder else {
            return;
        };
        if *flushes > 0 && self.source().below(3) == 0 {
            *flushes -= 1;
            let _ = handle.store().flush(self.source().below(3) == 0);
            // It was not watched.
            *files = disk.contents();
        }
        if is_sync && self.judging == Judging::All {
            for _ in 0..3 {
                let ready = handle.poll_ready(&mut Context::from_waker(Waker::noop()));
                if ready == Poll::Ready(Ok(())) {
                    self.acknowledge(*last);
                    drop(intruder);
                    self.judge_power_loss(disk, Crash::Lost);
                    return;
                }
            }
        }
        for _ in 0..if is_changed { self.source().below(4) } else { 0 } {
            let sample @ (key, timestamp, value) = self.source().sample();
            if self.source().below(12) == 0 {
                if handle.remove(Key::new(key).expect("a key")) != Ok(true) {
                    continue;
                }
                self.history().remove(key);
            } else {
                if put(handle, sample).is_err() {
                    continue;
                }
                self.history().put(key, timestamp, value);
            }
            *last = self.history().position();
        }
    }
}

/// Returns whether this tells of a write that was not completed, or of puts behind one. A loss of power damages
/// nothing.
fn is_cut(finding: &Finding) -> bool {
    let told = finding.to_string();
    told.contains("was not completed") || told.contains("the keys of their series are")
}

/// Says which case fails.
struct Case(String);

impl Drop for Case {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.0);
        }
    }
}
