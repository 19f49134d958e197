//! What is done in the background: logs are made ahead and made into segments, segments are merged,
//! and the oldest go.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::claim::is_temporary;
use crate::head::Head;
use crate::log_file::{LogFile, Spare};
use crate::segment::Totals;
use crate::unit::note_unit;
use crate::{DiskStore, File, Files, names};

/// What the background remembers. Whoever flushes or removes segments holds it. A merge does not:
/// puts may wait for a flush, and a flush must not wait for that.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The number of the last log that is in segments.
    pub(crate) flushed: u64,
    /// The number of the log without records that an orderly end has left, 0 if there is none.
    pub(crate) left: u64,
    /// The logs in the directory, the oldest first.
    pub(crate) logs: Vec<u64>,
    /// Those of them that are damaged. They are set aside when segments have what could be read.
    pub(crate) damaged_logs: Vec<u64>,
    /// The number of the next log.
    pub(crate) next_log: u64,
    /// What was written to segments so far.
    pub(crate) totals: Totals,
    /// The oldest number that retention left.
    pub(crate) oldest: u64,
    /// Chunks that were flushed so far.
    pub(crate) ticket: u64,
    /// When the last flush began, in seconds since 1970.
    pub(crate) began: u32,
    /// When what was too old was last looked for, in seconds since 1970.
    pub(crate) expired: u32,
}

impl Kept {
    /// Returns the number of the last log that need not be flushed.
    pub(crate) fn idle(&self) -> u64 {
        self.flushed.max(self.left)
    }
}

impl<F: Files> DiskStore<F> {
    /// Does what is due: makes the next log, flushes, merges, and removes what is too old. Other threads
    /// may do so at the same time.
    ///
    /// # Errors
    ///
    /// If files cannot be written. What could not be done is due again at the next call.
    pub fn keep(&self) -> io::Result<()> {
        let kept = self.keep_room();
        self.merge().and(kept)
    }

    /// Does what is due, but for [merging](DiskStore::merge), and never waits for that.
    ///
    /// # Errors
    ///
    /// As [`keep`](Self::keep).
    pub fn keep_room(&self) -> io::Result<()> {
        let disk = self.disk();
        // Room that could not be made is tried for again.
        let crowded = disk.crowded.load(Relaxed) || disk.stuck.load(Relaxed);
        if let Err(error) = self.check_place() {
            self.answer_crowded(crowded, false);
            return Err(error);
        }
        disk.writer().writer.begin_at((self.settings.clock)());
        // One that fails does not keep the others from making room.
        let made = self.make_spare(&mut self.kept());
        let flushed =
            if crowded || self.flush_is_due() { self.flush(crowded).map(|_| ()) } else { Ok(()) };
        let has_flushed = flushed.is_ok();
        let kept = self.expire().and(made).and(flushed);
        self.answer_crowded(crowded, has_flushed);
        kept
    }

    /// Lets those go on who wait for room, if there are any: to put, or to be refused.
    fn answer_crowded(&self, crowded: bool, has_flushed: bool) {
        let disk = self.disk();
        if crowded {
            self.note_room(has_flushed);
            disk.crowded.store(false, Relaxed);
        }
        disk.writer().writer.waiters.wake_blocked();
    }

    /// Checks that the directory and its logs are still there.
    fn check_place(&self) -> io::Result<()> {
        let placed = self.disk().files.check_place();
        let kept = &mut *self.kept();
        let mut writing = self.disk().writer();
        let writer = &mut writing.writer;
        if let Err(error) = placed {
            if !writer.has_failed() {
                writer.give_up(&error);
            }
            return Err(error);
        }
        if let Some(number) = writer.forget_nameless_spare() {
            // Another one gets its number, so that none is missing.
            kept.logs.retain(|log| *log != number);
            kept.next_log = number;
        }
        writer.check_name();
        Ok(())
    }

    fn flush_is_due(&self) -> bool {
        let idle = self.kept().idle();
        let writing = self.disk().writer();
        let writer = &writing.writer;
        // A clock that was set back must not keep it for ever.
        let age = (self.settings.clock)().abs_diff(writer.log.start);
        let is_old = age >= self.settings.log_seconds();
        writer.has_failed() || writer.log.number > idle + 1 || is_old && writer.has_records()
    }

    /// Makes the log that is to follow, unless there is one.
    pub(crate) fn make_spare(&self, kept: &mut Kept) -> io::Result<()> {
        if matches!(self.disk().writer().writer.spare, Spare::Ready(_)) {
            return Ok(());
        }
        let made = self.make_log(kept);
        let mut writing = self.disk().writer();
        let (spare, result) = match made {
            Ok(log) => (Spare::Ready(log), Ok(())),
            Err(error) => (Spare::Failed, Err(error)),
        };
        writing.writer.spare = spare;
        writing.writer.waiters.wake_blocked();
        result
    }

    fn make_log(&self, kept: &mut Kept) -> io::Result<LogFile<F::File>> {
        let start = (self.settings.clock)();
        let log = make_log(&self.disk().files, kept.next_log, start, self.settings.log_bytes)?;
        note_unit(&self.disk().files, self.settings.unit);
        kept.logs.push(kept.next_log);
        kept.next_log += 1;
        Ok(log)
    }
}

/// Creates a log without records, with all its space. It gets its name when its head is safe, so a
/// log without a head has lost it. An empty log that has the name is replaced.
pub(crate) fn make_log<F: Files>(
    files: &F,
    number: u64,
    start: u32,
    length: u64,
) -> io::Result<LogFile<F::File>> {
    let name = names::log(number);
    let temporary = names::temporary(&name);
    let file = create(files, &temporary)?;
    let head = Head { number, start, salt: fastrand::u32(..) };
    let made = file
        .allocate(length)
        .and_then(|()| file.write_all_at(&head.encode(), 0))
        .and_then(|()| file.sync())
        .and_then(|()| files.rename(&temporary, &name));
    if let Err(error) = made {
        let _ = files.remove(&temporary);
        return Err(error);
    }
    // If this fails, the next attempt replaces the log, which is empty.
    files.sync()?;
    let (file, offset) = (Some(Arc::new(file)), Head::LENGTH as u64);
    Ok(LogFile { number, file, salt: head.salt, start, made: start, offset, length })
}

/// Creates a file with a temporary name. One of an earlier attempt that could not be removed gives way.
pub(crate) fn create<F: Files>(files: &F, name: &str) -> io::Result<F::File> {
    match files.create(name) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if !is_temporary(files, name)? {
                let text = format!("{name} is a file of somebody else; move it away");
                return Err(io::Error::new(error.kind(), text));
            }
            files.remove(name)?;
            files.create(name)
        }
        created => created,
    }
}
