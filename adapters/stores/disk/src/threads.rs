//! The threads of a store.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::settings::Sync;
use crate::{DiskStore, Files};

/// The threads that work for a store: one flushes and removes, one merges, one syncs, one reads. Dropping
/// this [closes](Self::close) it; then an error is only logged.
#[derive(Debug)]
pub struct Threads<F: Files> {
    store: Arc<DiskStore<F>>,
    stopped: Arc<AtomicBool>,
    running: Vec<JoinHandle<()>>,
}

/// How often the store looks for something to do that nobody has told it, and syncs, if it does.
const PERIOD: Duration = Duration::from_secs(1);

impl<F: Files> Threads<F> {
    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// If a thread does not start.
    pub fn start(store: &Arc<DiskStore<F>>) -> io::Result<Self> {
        let (store, stopped) = (Arc::clone(store), Arc::new(AtomicBool::new(false)));
        let mut threads = Self { store, stopped, running: Vec::new() };
        threads.spawn("keeper", keep_on)?;
        threads.spawn("merger", merge_on)?;
        threads.spawn("syncer", sync_on)?;
        threads.spawn("reader", |store, _| _ = store.fetch(PERIOD))?;
        Ok(threads)
    }

    /// Ends the threads. All is flushed and synced, and what puts wait for stays undone.
    ///
    /// # Errors
    ///
    /// If files cannot be written. Then the logs keep what is not in segments.
    pub fn close(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        if self.stopped.swap(true, Relaxed) {
            return Ok(());
        }
        self.store.disk().keeper.ring();
        self.store.disk().merger.ring();
        self.store.disk().syncer.ring();
        self.store.disk().fetches.stop();
        for thread in self.running.drain(..) {
            let _ = thread.join();
        }
        self.store.close()
    }

    /// Starts a thread that does something again and again.
    fn spawn(&mut self, name: &str, work: fn(&DiskStore<F>, &AtomicBool)) -> io::Result<()> {
        let (store, stopped) = (Arc::clone(&self.store), Arc::clone(&self.stopped));
        let run = move || {
            while !stopped.load(Relaxed) {
                work(&store, &stopped);
            }
        };
        self.running.push(thread::Builder::new().name(name.to_owned()).spawn(run)?);
        Ok(())
    }
}

impl<F: Files> Drop for Threads<F> {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            log::error!("cannot flush: {error}; the logs have what is not in segments");
        }
    }
}

fn keep_on(store: &DiskStore<impl Files>, stopped: &AtomicBool) {
    let kept = store.keep_room();
    store.disk().keeper.wait(PERIOD);
    if let Err(error) = &kept {
        log::error!("cannot write to the data directory: {error}");
    }
    if kept.is_err() {
        // Every put that is refused rings, which does not make another attempt succeed.
        for _ in 0..10 {
            if !stopped.load(Relaxed) {
                thread::sleep(PERIOD / 10);
            }
        }
    }
}

/// Merges, which ends early when it is stopped.
fn merge_on(store: &DiskStore<impl Files>, stopped: &AtomicBool) {
    if let Err(error) = store.merge_until(stopped) {
        log::error!("cannot merge segments: {error}");
    }
    store.disk().merger.wait(PERIOD);
}

fn sync_on(store: &DiskStore<impl Files>, _: &AtomicBool) {
    if store.settings.sync != Sync::Write
        && store.disk().writer().writer.sync_is_due(store.settings.sync)
        && let Err(error) = store.sync()
    {
        log::error!("cannot sync the log: {error}");
    }
    // Those who came during the sync have not rung.
    if !store.disk().writer().writer.waiters.want_sync() {
        store.disk().syncer.wait(PERIOD);
    }
}
