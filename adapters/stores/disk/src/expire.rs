//! What goes: the oldest segments, and runs that are too old.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::sync::TryLockError;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use metric_memory::{Parts, Sealed};

use crate::disk::Disk;
use crate::keep::Kept;
use crate::log_file::Mark;
use crate::names::{self, Kind};
use crate::run::{Run, Stored};
use crate::table::each_series;
use crate::{DiskStore, Files};

/// How often ages are looked at, in seconds, unless logs are shorter.
const EXPIRES: u32 = 60;

impl<F: Files> DiskStore<F> {
    /// Removes what is too old, and the oldest segments while the directory has more bytes than it
    /// may. It does not wait for a merge, which perhaps reads these: it comes again.
    pub(crate) fn expire(&self) -> io::Result<()> {
        let merging = match self.merging.try_lock() {
            Ok(merging) => Some(merging),
            Err(TryLockError::Poisoned(merging)) => Some(merging.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        let kept = &mut *self.kept();
        let is_looked_for = self.expire_aged(kept);
        if merging.is_none() {
            self.gives_way.store(self.excess()? > 0, Relaxed);
            return Ok(());
        }
        if is_looked_for && self.settings.keep_age.is_some() {
            self.drop_unused(kept)?;
        }
        while self.excess()? > 0
            && let [(oldest, _), _, ..] = self.disk().segments.all()[..]
        {
            self.drop_segment(kept, oldest)?;
        }
        self.gives_way.store(false, Relaxed);
        Ok(())
    }

    /// Removes what is too old from the table, if that was not done just now. Returns whether it
    /// looked.
    fn expire_aged(&self, kept: &mut Kept) -> bool {
        let now = (self.settings.clock)();
        if now.abs_diff(kept.expired) < self.settings.log_seconds().min(EXPIRES) {
            return false;
        }
        kept.expired = now;
        if let Some(age) = self.settings.keep_age {
            self.expire_by_age(kept, age);
        }
        if let Some(silence) = self.settings.forget {
            let forgotten = self.forget_silent(kept, seconds_before(now, silence));
            self.counts.forgotten.fetch_add(forgotten as u64, Relaxed);
        }
        true
    }

    /// How many bytes the directory has more than it may. An eighth stays free for the segment that
    /// is written next.
    fn excess(&self) -> io::Result<u64> {
        let Some(bytes) = self.settings.keep_bytes else { return Ok(0) };
        Ok(self.bytes()?.saturating_sub(bytes - bytes / 8))
    }

    /// Removes the runs whose oldest sample arrived too long ago, and series that got nothing for that
    /// long.
    fn expire_by_age(&self, kept: &Kept, age: Duration) {
        // The samples of a run, which may be of several logs and was perhaps merged, arrived within
        // four times this.
        let spread = Duration::from_secs(4 * u64::from(self.settings.run_seconds()));
        let age = age.saturating_add(spread);
        let before = seconds_before((self.settings.clock)(), age);
        let samples = self.drop_runs(|_, run| run.run.arrival < before);
        self.count_expired(samples);
        self.forget_silent(kept, before);
    }

    /// Removes the series that got nothing since a time; returns how many. Those in a log that is
    /// not flushed may have got something just now.
    fn forget_silent(&self, kept: &Kept, before: u32) -> usize {
        self.forget(|mark| u64::from(mark.log) <= kept.flushed && mark.last < before)
    }

    /// Removes the series of which this is true; returns how many.
    pub(crate) fn forget(&self, is_forgotten: impl Fn(&Mark) -> bool) -> usize {
        let mut found = Vec::new();
        each_series(&self.table, |mut parts| {
            if is_forgotten(parts.mark()) {
                found.push(Box::<[u8]>::from(parts.key()));
            }
        });
        let mut forgotten = 0;
        for key in found {
            // It may have got something meanwhile.
            if let Ok(Some(samples)) = self.table.remove_series_if(&key, &is_forgotten) {
                self.count_expired(samples);
                forgotten += 1;
            }
        }
        forgotten
    }

    fn count_expired(&self, samples: usize) {
        self.counts.expired.fetch_add(samples as u64, Relaxed);
    }

    /// Removes a segment with all that it has, the oldest one.
    fn drop_segment(&self, kept: &mut Kept, id: u32) -> io::Result<()> {
        let Some(segment) = self.disk().segments.get(id) else { return Ok(()) };
        log::info!(
            "{} is removed with {} samples, the oldest: the bound on bytes or on age is reached",
            segment.numbers,
            segment.samples
        );
        let samples = self.drop_runs(|_, run| run.segment == id);
        self.count_expired(samples);
        // The newest samples of a series are in memory, and in the segment of its last put.
        let last = segment.numbers.last;
        self.forget(|mark| u64::from(mark.log) <= last && !mark.loose);
        self.remove_oldest(kept, id)
    }

    /// Removes the segments of which nothing is left, as long as these are the oldest.
    fn drop_unused(&self, kept: &mut Kept) -> io::Result<()> {
        let mut used = BTreeSet::new();
        each_series(&self.table, |parts| {
            used.extend(stored(&parts).map(|stored| stored.segment));
        });
        for (id, segment) in self.disk().segments.all() {
            // The heads of series that got nothing since are in it, too, and what was loaded for a
            // late put and is in no newer segment yet.
            if used.contains(&id) || self.has_unflushed(segment.numbers.last) {
                return Ok(());
            }
            self.remove_oldest(kept, id)?;
        }
        Ok(())
    }

    fn has_unflushed(&self, last: u64) -> bool {
        let mut found = false;
        each_series(&self.table, |mut parts| {
            let mark = parts.mark();
            found |= u64::from(mark.log) <= last || mark.loose;
        });
        found
    }

    /// Removes the oldest segment, to which nothing refers. First the directory says so, that nobody misses
    /// it. A disk that is too full for that needs the room.
    fn remove_oldest(&self, kept: &mut Kept, id: u32) -> io::Result<()> {
        let Some(segment) = self.disk().segments.get(id) else { return Ok(()) };
        kept.oldest = segment.numbers.last + 1;
        if let Err(error) = note_oldest(&self.disk().files, kept.oldest) {
            log::warn!("cannot note that {} goes: {error}; it will be missed", segment.numbers);
        }
        self.remove_segment(id)
    }

    /// Removes a segment that nothing refers to.
    pub(crate) fn remove_segment(&self, id: u32) -> io::Result<()> {
        let Some(segment) = self.disk().segments.get(id) else { return Ok(()) };
        self.disk().segments.remove(id);
        ignore_gone(self.disk().files.remove(&segment.numbers.to_string()))
    }

    /// Removes runs from their series; returns how many samples they had. Samples count as expired or
    /// damaged where they leave the table, and only there: that happens once to each.
    pub(crate) fn drop_runs(&self, is_dropped: impl Fn(&[u8], &Stored) -> bool) -> usize {
        let mut samples = 0;
        each_series(&self.table, |mut parts| {
            parts.close();
            let key = Box::<[u8]>::from(parts.key());
            samples += parts.retain(|chunk| match chunk {
                Sealed::There(Run::Stored(stored)) => !is_dropped(&key, stored),
                _ => true,
            });
        });
        samples
    }
}

/// Notes the oldest number that a bound leaves, in the name of a file without bytes.
fn note_oldest(files: &impl Files, oldest: u64) -> io::Result<()> {
    match files.create(&names::first(oldest)) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => files.sync()?,
    }
    for (name, _) in files.list()? {
        if matches!(names::kind(&name), Kind::First(number) if number < oldest) {
            files.remove(&name)?;
        }
    }
    Ok(())
}

/// Ignores that a file is gone that should go.
pub(crate) fn ignore_gone(removed: io::Result<()>) -> io::Result<()> {
    removed.or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn seconds_before(now: u32, time: Duration) -> u32 {
    now.saturating_sub(u32::try_from(time.as_secs()).unwrap_or(u32::MAX))
}

/// Returns the runs of a series that are in segments.
pub(crate) fn stored<'a, F: Files>(
    parts: &'a Parts<'_, Disk<F>>,
) -> impl Iterator<Item = Stored> + 'a {
    parts.sealed().into_iter().flatten().filter_map(|chunk| match chunk {
        Sealed::There(Run::Stored(stored)) => Some(*stored),
        _ => None,
    })
}
