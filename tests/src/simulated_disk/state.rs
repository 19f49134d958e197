//! What a simulated disk knows, and what each operation does to it.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use fastrand::Rng;
use rustix::io::Errno;

use super::crash::Crash;
use super::failure::{Calls, Failure};
use super::image::{Change, Image, SECTOR};

/// Which reads find their bytes in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cached {
    /// All.
    Always,
    /// None.
    Never,
    /// Each with a chance of one half.
    Sometimes,
}

#[derive(Clone)]
pub(super) struct State {
    /// What processes see.
    pub(super) visible: Image,
    durable: Image,
    /// What leads from the durable to the visible image, except for what a failed sync dropped.
    unsynced: Vec<Change>,
    pub(super) operations: u64,
    /// The files whose sync failed, and how often one of these was synced after that.
    failed: BTreeSet<usize>,
    pub(super) synced_again: u64,
    pub(super) locked: bool,
    pub(super) failure: Option<Failure>,
    /// Whether a call has failed.
    pub(super) struck: bool,
    pub(super) capacity: u64,
    pub(super) cached: Cached,
    random: Rng,
}

impl State {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            visible: Image::default(),
            durable: Image::default(),
            unsynced: Vec::new(),
            operations: 0,
            failed: BTreeSet::new(),
            synced_again: 0,
            locked: false,
            failure: None,
            struck: false,
            capacity: u64::MAX,
            cached: Cached::Sometimes,
            random: Rng::with_seed(seed),
        }
    }

    pub(super) fn killed(&self) -> Self {
        let failed = BTreeSet::new();
        Self { operations: 0, failed, locked: false, failure: None, ..self.clone() }
    }

    pub(super) fn crashed(&self, crash: Crash, seed: u64) -> Self {
        let mut image = self.durable.clone();
        for change in crash.survivors(&self.unsynced, &mut Rng::with_seed(seed)) {
            image.apply(change);
        }
        let mut crashed = self.killed();
        crashed.replace(image);
        crashed
    }

    /// Replaces all by a durable image.
    pub(super) fn replace(&mut self, image: Image) {
        self.unsynced.clear();
        self.durable = image.clone();
        self.visible = image;
    }

    /// Runs an operation of `units`. If it fails, some units may be done, and then `failed` is.
    pub(super) fn operate<T>(
        &mut self,
        units: usize,
        call: impl FnOnce(&mut Self, usize) -> io::Result<T>,
        failed: impl FnOnce(&mut Self),
    ) -> io::Result<T> {
        self.operations += 1;
        let Some(failure) = self.strike(Calls::Operations) else { return call(self, units) };
        let done = failure.done.of(units);
        let result = if done == 0 { Ok(()) } else { call(self, done).map(|_| ()) };
        failed(self);
        result.and_then(|()| Err(failure.error.into()))
    }

    /// Returns the failure of this call, if it fails.
    pub(super) fn strike(&mut self, call: Calls) -> Option<Failure> {
        let (struck, rest) = self.failure?.strike(call);
        self.failure = rest;
        self.struck |= struck.is_some();
        struck
    }

    pub(super) fn finds_cached(&mut self) -> bool {
        match self.cached {
            Cached::Always => true,
            Cached::Never => false,
            Cached::Sometimes => self.random.bool(),
        }
    }

    pub(super) fn create(&mut self, name: &str) -> io::Result<usize> {
        if self.visible.names.contains_key(name) {
            return Err(Errno::EXIST.into());
        }
        let inode = self.visible.files.len();
        self.visible.files.push(Arc::default());
        self.durable.files.push(Arc::default());
        self.record(Change::Created { name: name.to_owned(), inode });
        Ok(inode)
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let inode = self.visible.inode(from)?;
        self.record(Change::Renamed { from: from.to_owned(), to: to.to_owned(), inode });
        Ok(())
    }

    pub(super) fn remove(&mut self, name: &str) -> io::Result<()> {
        let inode = self.visible.inode(name)?;
        self.record(Change::Removed { name: name.to_owned(), inode });
        Ok(())
    }

    pub(super) fn allocate(&mut self, inode: usize, length: usize) -> io::Result<()> {
        let grown = length.saturating_sub(self.visible.files[inode].len());
        if grown as u64 > self.free() {
            return Err(Errno::NOSPC.into());
        }
        self.extend(inode, length);
        Ok(())
    }

    /// Writes as much as there is space for.
    pub(super) fn write(&mut self, inode: usize, bytes: &[u8], offset: usize) -> io::Result<()> {
        let length = self.visible.files[inode].len() as u64;
        let room = length.saturating_add(self.free()).saturating_sub(offset as u64);
        let fitting = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        if fitting > 0 {
            self.write_sectors(inode, &bytes[..fitting], offset);
        }
        if fitting < bytes.len() { Err(Errno::NOSPC.into()) } else { Ok(()) }
    }

    fn write_sectors(&mut self, inode: usize, bytes: &[u8], offset: usize) {
        let end = offset + bytes.len();
        self.extend(inode, end);
        self.visible.bytes(inode)[offset..end].copy_from_slice(bytes);
        for sector in offset / SECTOR..end.div_ceil(SECTOR) {
            let file = &self.visible.files[inode];
            let bytes = &file[sector * SECTOR..file.len().min((sector + 1) * SECTOR)];
            self.record(Change::Written { inode, sector, bytes: bytes.into() });
        }
    }

    fn extend(&mut self, inode: usize, length: usize) {
        if length > self.visible.files[inode].len() {
            self.record(Change::Extended { inode, length });
        }
    }

    fn record(&mut self, change: Change) {
        self.visible.apply(&change);
        self.unsynced.push(change);
    }

    /// Makes the names durable.
    pub(super) fn sync_names(&mut self) {
        self.sync(None);
    }

    /// Makes a file durable.
    pub(super) fn sync_file(&mut self, inode: usize) {
        self.synced_again += u64::from(self.failed.contains(&inode));
        self.sync(Some(inode));
    }

    fn sync(&mut self, file: Option<usize>) {
        for change in self.unsynced.extract_if(.., |change| change.file() == file) {
            self.durable.apply(&change);
        }
    }

    /// Marks a file clean, although it is not durable.
    pub(super) fn drop_unsynced(&mut self, inode: usize) {
        self.failed.insert(inode);
        self.unsynced.retain(|change| change.file() != Some(inode));
    }

    pub(super) fn free(&self) -> u64 {
        let used: u64 = self.visible.lengths().iter().map(|(_, length)| length).sum();
        self.capacity.saturating_sub(used)
    }
}
