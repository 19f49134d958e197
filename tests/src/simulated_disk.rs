//! A disk in memory that loses power, fails and fills up when a test wants it.
//!
//! ```text
//!  calls ──▶ cached image          what processes see
//!        ──▶ unsynced changes      sectors, lengths and names, in the order of the calls
//!  sync  ──▶ durable image         takes the changes of one file, or those of names
//!  crash ──▶ another disk          the durable image and those unsynced changes that survived
//! ```

mod crash;
mod failure;
mod file;
mod image;
#[cfg(test)]
mod likeness;
mod outside;
mod state;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use metric_disk::{Files, LOCK_NAME};
use rustix::io::Errno;

pub use crash::Crash;
pub use failure::{Calls, Done, Failure, Lasting};
pub use file::SimulatedFile;
pub use state::Cached;

use state::State;

/// A simulated disk with one directory. Clones are the same disk.
///
/// Everything random on it follows from seeds. As on Linux, data of a file whose sync failed are
/// marked clean: they can be read until a crash, but no later sync makes them durable, unless their
/// sector is written again. Names whose sync failed stay unsynced.
#[derive(Clone)]
pub struct SimulatedDisk {
    state: Arc<Mutex<State>>,
    watcher: Arc<Mutex<Option<Watcher>>>,
}

type Watcher = Box<dyn FnMut(SimulatedDisk) + Send>;

impl SimulatedDisk {
    /// Creates an empty disk without a bound on space. The seed decides which reads are cached.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with(State::new(seed))
    }

    fn with(state: State) -> Self {
        Self { state: Arc::new(Mutex::new(state)), watcher: Arc::default() }
    }

    /// Lets the disk fail, instead of as told before.
    pub fn fail(&self, failure: Failure) {
        let mut state = self.state();
        (state.failure, state.struck) = (Some(failure), false);
    }

    /// Ends all failures.
    pub fn heal(&self) {
        self.state().failure = None;
    }

    /// Sets the space for files. Each takes its length; one without a name takes nothing.
    pub fn set_capacity(&self, bytes: u64) {
        self.state().capacity = bytes;
    }

    /// Sets which reads find their bytes in memory. At first it is [`Cached::Sometimes`].
    pub fn set_cached(&self, cached: Cached) {
        self.state().cached = cached;
    }

    /// Calls `watcher` after each operation, failed or not, with a copy as by [`kill`](Self::kill).
    /// Operations during such a call are not watched.
    pub fn watch(&self, watcher: impl FnMut(SimulatedDisk) + Send + 'static) {
        *self.watcher.lock().expect("no watcher panicked") = Some(Box::new(watcher));
    }

    /// Returns the number of operations until now: calls that may change something, syncs included.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Returns whether a call has failed as told by [`fail`](Self::fail).
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.state().struck
    }

    /// Returns how often a file was synced although an earlier sync of it failed. That may succeed, but
    /// what was lost stays lost. Another process does not know, so a kill ends it.
    #[must_use]
    pub fn synced_again(&self) -> u64 {
        self.state().synced_again
    }

    /// Returns the disk as after a power loss: all that was synced, and of the rest what `crash` and
    /// `seed` choose. Nobody has its lock, it does not fail, and all on it is durable.
    #[must_use]
    pub fn crash(&self, crash: Crash, seed: u64) -> Self {
        Self::with(self.state().crashed(crash, seed))
    }

    /// Returns the disk as after a kill of the process: all that was written is there, and what was
    /// not synced still is not. Nobody has its lock, and it does not fail.
    #[must_use]
    pub fn kill(&self) -> Self {
        Self::with(self.state().killed())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no call panicked")
    }

    /// Runs a call that changes nothing.
    fn read<T>(&self, call: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.state();
        match state.strike(Calls::All) {
            Some(failure) => Err(failure.error.into()),
            None => call(&mut state),
        }
    }

    /// Runs an operation.
    fn change<T>(&self, call: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        self.change_part(1, |state, _| call(state), |_| ())
    }

    /// Runs an operation of `units`. If it fails, some units may be done, and then `failed` is.
    fn change_part<T>(
        &self,
        units: usize,
        call: impl FnOnce(&mut State, usize) -> io::Result<T>,
        failed: impl FnOnce(&mut State),
    ) -> io::Result<T> {
        // Held until the end: a watcher sees each operation alone.
        let mut watcher = self.watcher.try_lock().ok();
        let result = self.state().operate(units, call, failed);
        if let Some(watcher) = watcher.as_deref_mut().and_then(Option::as_mut) {
            watcher(self.kill());
        }
        result
    }
}

impl fmt::Debug for SimulatedDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedDisk").field("files", &self.list()).finish_non_exhaustive()
    }
}

/// Holds the lock of a [`SimulatedDisk`].
#[derive(Debug)]
pub struct SimulatedLock {
    disk: SimulatedDisk,
}

impl Drop for SimulatedLock {
    fn drop(&mut self) {
        // A failed test that unwinds must not panic again.
        if let Ok(mut state) = self.disk.state.lock() {
            state.locked = false;
        }
    }
}

impl Files for SimulatedDisk {
    type File = SimulatedFile;
    type Lock = SimulatedLock;

    fn lock(&self) -> io::Result<SimulatedLock> {
        self.change(|state| {
            if state.locked {
                return Err(Errno::WOULDBLOCK.into());
            }
            if !state.visible.names.contains_key(LOCK_NAME) {
                state.create(LOCK_NAME)?;
            }
            Ok(())
        })?;
        self.state().locked = true;
        Ok(SimulatedLock { disk: self.clone() })
    }

    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        self.read(|state| Ok(state.visible.lengths()))
    }

    fn create(&self, name: &str) -> io::Result<SimulatedFile> {
        let inode = self.change(|state| state.create(name))?;
        Ok(SimulatedFile::writable(self.clone(), inode))
    }

    fn open(&self, name: &str) -> io::Result<SimulatedFile> {
        let inode = self.read(|state| state.visible.inode(name))?;
        Ok(SimulatedFile::readable(self.clone(), inode))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.change(|state| state.rename(from, to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.change(|state| state.remove(name))
    }

    fn sync(&self) -> io::Result<()> {
        self.change(|state| {
            state.sync_names();
            Ok(())
        })
    }

    fn available(&self) -> io::Result<u64> {
        self.read(|state| Ok(state.free()))
    }
}
