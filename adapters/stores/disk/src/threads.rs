//! The threads of a store.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::settings::Sync;
use crate::{DiskStore, Files};

/// The threads that work for a store: one flushes, merges and removes, one syncs, one reads. When
/// this is dropped they end, all is flushed and synced, and what puts wait for stays undone.
#[derive(Debug)]
pub struct Threads<F: Files> {
    store: Arc<DiskStore<F>>,
    stopped: Arc<AtomicBool>,
    running: Vec<JoinHandle<()>>,
}

/// How often the store looks for something to do that nobody has told it, and syncs, if it does.
const PERIOD: Duration = Duration::from_secs(1);

/// The pause before something that failed is tried again.
const PAUSE: Duration = Duration::from_millis(100);

impl<F: Files> Threads<F> {
    /// Starts the threads.
    ///
    /// # Errors
    ///
    /// If a thread does not start.
    pub fn start(store: &Arc<DiskStore<F>>) -> io::Result<Self> {
        let (store, stopped) = (Arc::clone(store), Arc::new(AtomicBool::new(false)));
        let mut threads = Self { store, stopped, running: Vec::new() };
        let mut told = None;
        threads.spawn("keeper", move |store| keep_on(store, &mut told))?;
        threads.spawn("syncer", sync_on)?;
        threads.spawn("reader", |store| _ = store.fetch(PERIOD))?;
        Ok(threads)
    }

    /// Starts a thread that does something again and again.
    fn spawn(
        &mut self,
        name: &str,
        mut work: impl FnMut(&DiskStore<F>) + Send + 'static,
    ) -> io::Result<()> {
        let (store, stopped) = (Arc::clone(&self.store), Arc::clone(&self.stopped));
        let run = move || {
            while !stopped.load(Relaxed) {
                work(&store);
            }
        };
        self.running.push(thread::Builder::new().name(name.to_owned()).spawn(run)?);
        Ok(())
    }
}

impl<F: Files> Drop for Threads<F> {
    fn drop(&mut self) {
        self.stopped.store(true, Relaxed);
        self.store.disk().keeper.ring();
        self.store.disk().syncer.ring();
        self.store.disk().fetches.stop();
        for thread in self.running.drain(..) {
            let _ = thread.join();
        }
        if let Err(error) = self.store.close() {
            log::error!("cannot flush: {error}; the logs have what is not in segments");
        }
    }
}

/// Does what is due. `told` is when the log was told of a failure, which is tried again soon: each
/// put that is refused asks for it.
fn keep_on(store: &DiskStore<impl Files>, told: &mut Option<Instant>) {
    if let Err(error) = store.keep() {
        if told.is_none_or(|told| told.elapsed() >= PERIOD) {
            *told = Some(Instant::now());
            log::error!("cannot write to the data directory: {error}");
        }
        thread::sleep(PAUSE);
    }
    store.disk().keeper.wait(PERIOD);
}

fn sync_on(store: &DiskStore<impl Files>) {
    if store.settings.sync != Sync::Write
        && store.disk().writer().writer.sync_is_due(store.settings.sync)
        && let Err(error) = store.sync()
    {
        log::error!("cannot sync the log: {error}");
    }
    store.disk().syncer.wait(PERIOD);
}
