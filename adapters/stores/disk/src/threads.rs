//! The threads of a store.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::settings::Sync;
use crate::trouble::{News, State, Trouble};
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
        let (mut keeping, mut merging) = (Trouble::default(), Trouble::default());
        threads.spawn("keeper", move |store, stopped| keep_on(store, stopped, &mut keeping))?;
        threads.spawn("merger", move |store, stopped| merge_on(store, stopped, &mut merging))?;
        threads.spawn("syncer", sync_on)?;
        threads.spawn("reader", |store, _| _ = store.fetch(PERIOD))?;
        Ok(threads)
    }

    /// Ends the threads. All is flushed and synced, and what puts wait for stays undone.
    ///
    /// # Errors
    ///
    /// As [`DiskStore::close`].
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
    fn spawn(
        &mut self,
        name: &str,
        mut work: impl FnMut(&DiskStore<F>, &AtomicBool) + Send + 'static,
    ) -> io::Result<()> {
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
            log::error!("cannot flush: {error}{}", where_samples_are(&error));
        }
    }
}

/// Says where samples are that could not be flushed, behind the error.
fn where_samples_are(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound => "",
        _ => "; the logs have what is not in segments",
    }
}

fn keep_on(store: &DiskStore<impl Files>, stopped: &AtomicBool, trouble: &mut Trouble) {
    let had_failed = store.disk().writer().writer.has_failed();
    let kept = store.keep_room();
    let refused = store.disk_counters().unavailable;
    let news = trouble.note(store.state(&kept), Instant::now(), refused);
    match (&kept, news) {
        (Err(error), Some(news)) => tell_keeper(store, error, news),
        (Ok(()), Some(News::Over { time, refused })) => {
            let place = store.disk().files.place();
            log::info!(
                "writing in {place} again after {time}; puts are taken; {refused} were refused"
            );
        }
        (Ok(()), _) if had_failed => log::info!("another log takes puts"),
        _ => {}
    }
    store.disk().keeper.wait(PERIOD);
    if kept.is_err() {
        // Every put that is refused rings, which does not make another attempt succeed.
        for _ in 0..10 {
            if !stopped.load(Relaxed) {
                thread::sleep(PERIOD / 10);
            }
        }
    }
}

/// Logs that nothing can be written, what that means, and what it takes.
fn tell_keeper(store: &DiskStore<impl Files>, error: &io::Error, news: News) {
    let place = store.disk().files.place();
    let when = if store.is_refusing() {
        "puts are refused"
    } else {
        "puts are refused when the log is full"
    };
    let until = if is_full(error) {
        let bytes = store.settings.log_bytes;
        format!(", until there is room for a log of {:.1} MiB", bytes as f64 / f64::from(1 << 20))
    } else {
        String::new()
    };
    match news {
        News::Lasts { time, refused } => log::error!(
            "cannot write in {place} for {time}: {error}; {when}{until}; {refused} more were refused"
        ),
        _ => log::error!("cannot write in {place}: {error}; {when}{until}"),
    }
}

/// Whether room is all that is missing.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// Merges, which ends early when it is stopped. What keeps puts from being written is told already.
fn merge_on(store: &DiskStore<impl Files>, stopped: &AtomicBool, trouble: &mut Trouble) {
    let merged = store.merge_until(stopped);
    let state = if merged.is_ok() { State::Well } else { State::Failing };
    let place = store.disk().files.place();
    if merged.is_ok() || !store.is_refusing() {
        match (&merged, trouble.note(state, Instant::now(), 0)) {
            (_, None) => {}
            (Err(error), _) => log::error!("cannot merge segments in {place}: {error}"),
            (Ok(()), _) => log::info!("merging segments in {place} again"),
        }
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
