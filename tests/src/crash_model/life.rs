//! Connections at work, interrupted by the background, and the background by them.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use fastrand::Rng;
use metric_disk::{DiskStore, Findings, Handle, Sync};
use metric_proto::{Key, Refused, Store};

use super::{Judging, KEYS, Source, Witness, observe, put, settings};
use crate::simulated_disk::{Cached, Crash, SimulatedDisk};

/// A store with connections on a disk, which is watched. It follows from a seed.
pub struct Life {
    random: Rng,
    disk: SimulatedDisk,
    witness: Arc<Witness>,
    open: Option<Open>,
}

struct Open {
    store: Arc<DiskStore<SimulatedDisk>>,
    connections: Vec<Connection>,
}

struct Connection {
    handle: Handle<SimulatedDisk>,
    /// Up to where its changes are in the history.
    last: usize,
}

impl Life {
    /// Opens an empty disk.
    #[must_use]
    pub fn new(seed: u64, sync: Sync, judging: Judging) -> Self {
        let mut random = Rng::with_seed(seed);
        let settings = settings(sync, &mut random);
        let source = Source::new(random.fork());
        let witness = Arc::new(Witness::new(seed, settings, source, judging));
        let mut life = Self { random, disk: SimulatedDisk::new(seed), witness, open: None };
        life.open();
        life
    }

    /// Returns what judges the disk.
    #[must_use]
    pub fn witness(&self) -> &Witness {
        &self.witness
    }

    fn open(&mut self) {
        let (witness, disk) = (Arc::clone(&self.witness), self.disk.clone());
        self.disk.watch(move |copy| witness.see(&copy, &disk));
        let settings = self.witness.settings.clone();
        let (store, _) = DiskStore::open(self.disk.clone(), settings).expect("it opens");
        self.go_on(&store);
    }

    fn go_on(&mut self, store: &Arc<DiskStore<SimulatedDisk>>) {
        let connection = |_| Connection { handle: store.handle(), last: 0 };
        let connections = (0..3).map(connection).collect();
        self.witness.intruder().handle = Some(store.handle());
        self.witness.intruder().last = 0;
        self.open = Some(Open { store: Arc::clone(store), connections });
    }

    /// Ends the store without a word.
    pub fn end(&mut self) {
        self.disk.watch(|_| ());
        self.witness.intruder().handle = None;
        self.open = None;
    }

    /// Does one thing or another, or starts again.
    pub fn step(&mut self) {
        match self.random.u8(..40) {
            0 => self.restart(),
            _ => self.work(),
        }
    }

    /// Does one thing or another.
    pub fn work(&mut self) {
        match self.random.u8(..40) {
            0..2 => _ = self.store().flush(false),
            2 => _ = self.store().flush(true),
            3 => _ = self.store().keep(),
            4 => self.sync(),
            5 => self.merge(),
            6..11 => self.commit(),
            11 => self.remove(),
            _ => self.put_some(),
        }
    }

    /// Returns the disk.
    #[must_use]
    pub fn disk(&self) -> &SimulatedDisk {
        &self.disk
    }

    /// Judges what a crash would leave now.
    pub fn judge(&self) {
        self.witness.judge_kill(&self.disk.kill());
        Crash::ALL.iter().for_each(|&crash| _ = self.witness.judge_power_loss(&self.disk, crash));
    }

    /// Opens it again so that segments are not merged.
    pub fn without_merges(&mut self) {
        self.end();
        let mut settings = self.witness.settings.clone();
        settings.merge_width = 1_000;
        self.disk = self.disk.kill();
        let (store, _) = DiskStore::open(self.disk.clone(), settings).expect("it opens");
        self.go_on(&store);
    }

    /// Flushes all, as at an orderly end.
    pub fn close(&self) {
        self.witness.intruder().handle = None;
        self.store().close().expect("the disk does not fail");
    }

    /// Kills the store, and does not open it again.
    pub fn kill(&mut self) {
        self.end();
        self.disk = self.disk.kill();
        let (_, position) = self.witness.judge_kill(&self.disk.kill());
        self.witness.history().go_on_after_kill(position);
    }

    /// Opens the store, and returns what was found; `None` if that is not possible.
    pub fn try_open(&mut self) -> Option<Findings> {
        let opened = DiskStore::open(self.disk.clone(), self.witness.settings.clone());
        let (store, findings) = opened.ok()?;
        self.go_on(&store);
        Some(findings)
    }

    /// Does what is due, puts a new sample on each connection, and awaits all of them.
    ///
    /// # Panics
    ///
    /// If the store refuses a sample or loses one.
    pub fn recover(&mut self) {
        (0..3).for_each(|_| _ = self.store().keep());
        let witness = Arc::clone(&self.witness);
        let open = self.open.as_mut().expect("it is open");
        for connection in &mut open.connections {
            connection.commit(&witness);
            let (key, timestamp, value) = connection.put_newest(&witness);
            witness.history().put(key, timestamp, value);
            connection.last = witness.history().position();
            connection.commit(&witness);
            assert!(connection.last > 0, "a connection is lost when the disk is well again");
        }
        witness.commit_intruder();
    }

    fn store(&self) -> &Arc<DiskStore<SimulatedDisk>> {
        &self.open.as_ref().expect("it is open").store
    }

    fn any_connection(&mut self) -> &mut Connection {
        let connections = &mut self.open.as_mut().expect("it is open").connections;
        let number = self.random.usize(..connections.len());
        &mut connections[number]
    }

    fn put_some(&mut self) {
        let witness = Arc::clone(&self.witness);
        let puts = self.random.usize(1..6);
        let connection = self.any_connection();
        for _ in 0..puts {
            let sample @ (key, timestamp, value) = witness.source().sample();
            match put(&mut connection.handle, sample) {
                Ok(()) => witness.history().put(key, timestamp, value),
                Err(Refused::NotYet) => return connection.commit(&witness),
                Err(_) => continue,
            }
            connection.last = witness.history().position();
        }
    }

    fn remove(&mut self) {
        let witness = Arc::clone(&self.witness);
        let key = witness.source().key();
        let connection = self.any_connection();
        if connection.handle.remove(Key::new(key).expect("a key")) == Ok(true) {
            witness.history().remove(key);
            connection.last = witness.history().position();
        }
    }

    /// Merges, while the intruder flushes now and then.
    fn merge(&self) {
        self.witness.intruder().flushes = 6;
        let _ = self.store().merge();
        self.witness.intruder().flushes = 0;
    }

    fn sync(&mut self) {
        let position = self.witness.history().position();
        if self.store().sync().is_ok() {
            self.witness.history().survives_power_loss(position);
        }
    }

    fn commit(&mut self) {
        let witness = Arc::clone(&self.witness);
        match self.random.u8(..4) {
            0 => witness.commit_intruder(),
            _ => self.any_connection().commit(&witness),
        }
    }

    /// Kills it, or cuts the power.
    fn restart(&mut self) {
        self.end();
        let rows = match self.random.bool() {
            true => {
                self.disk = self.disk.kill();
                let (rows, position) = self.witness.judge_kill(&self.disk.kill());
                self.witness.history().go_on_after_kill(position);
                rows
            }
            false => {
                let crash = self.random.choice(Crash::ALL).expect("there are some");
                self.disk = self.disk.crash(crash, self.random.u64(..));
                let rows = self.witness.judge_power_loss(&self.disk, Crash::Kept);
                self.witness.lose_power();
                self.witness.history().go_on_after_power_loss(rows.clone());
                rows
            }
        };
        self.open();
        self.disk.set_cached(Cached::Always);
        assert_eq!(observe(self.store()), rows, "opened again");
        self.disk.set_cached(Cached::Sometimes);
    }
}

impl Connection {
    /// Puts a sample newer than all. Returns it with its key, the first one that there is room for.
    fn put_newest(&mut self, witness: &Witness) -> (&'static str, i64, f64) {
        let (timestamp, value) = witness.source().newest();
        for key in KEYS.into_iter().flat_map(|key| [key; 3]) {
            match put(&mut self.handle, (key, timestamp, value)) {
                Ok(()) => return (key, timestamp, value),
                Err(Refused::NotYet) => self.commit(witness),
                Err(refused) => assert_eq!(refused, Refused::TableFull, "the disk is well again"),
            }
        }
        panic!("no put succeeds, though the disk is well again");
    }

    /// Awaits what the connection has put.
    fn commit(&mut self, witness: &Witness) {
        let store = Arc::clone(self.handle.store());
        for _ in 0..100 {
            match self.handle.poll_ready(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Ok(())) => return witness.acknowledge(self.last),
                Poll::Ready(Err(_)) => return self.last = 0,
                Poll::Pending => {}
            }
            store.fetch(Duration::ZERO);
            let _ = store.sync();
            let _ = store.keep();
        }
        panic!("a connection waits for ever");
    }
}

impl fmt::Debug for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Life").field("disk", &self.disk).finish_non_exhaustive()
    }
}
