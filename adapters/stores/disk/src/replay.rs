//! Replaying logs: what no segment has is put to the table again.

use std::io;

use metric_proto::{Key, Refused, Sample};

use crate::findings::{Finding, OpenError};
use crate::frames::{Frames, Next};
use crate::head::{Head, HeadError};
use crate::keep::Kept;
use crate::known::Known;
use crate::lost::{Lost, is_damaged, malformed};
use crate::names;
use crate::record::{Decoder, Malformed, Record};
use crate::recover::Recovery;
use crate::run::Run;
use crate::table::{each_series, load};
use crate::tail::used_after;
use crate::{File, Files};

impl<F: Files> Recovery<'_, F> {
    /// Applies the logs that no segment has.
    pub(crate) fn replay(
        &mut self,
        mut logs: Vec<u64>,
        kept: &mut Kept,
        is_sound: bool,
    ) -> Result<(), OpenError> {
        let is_done = |log: &u64| *log <= kept.flushed;
        for log in logs.extract_if(.., |log| is_done(log)) {
            let name = names::log(log);
            let is_log = match Head::decode(&self.read_head(&name)?) {
                Err(HeadError::UnknownVersion(version)) => {
                    return Err(OpenError::UnknownVersion { name, version });
                }
                Err(error) => error == HeadError::Missing,
                // The process ended before a damaged one was set aside.
                Ok(head) => head.number == log && !self.is_damaged(&name, head)?,
            };
            self.retire(&name, is_log && is_sound)?;
        }
        let mut next = kept.flushed + 1;
        let mut is_used = false;
        for number in logs {
            let replayed = self.replay_log(number, kept);
            let replayed = replayed.map_err(|error| error.of_file(&names::log(number)))?;
            next = if replayed.is_some() || number == next { number + 1 } else { next };
            is_used |= replayed.unwrap_or(false);
        }
        kept.next_log = next;
        if let ([number], false) = (&kept.logs[..], is_used) {
            kept.left = *number;
        }
        self.remove_empty();
        Ok(())
    }

    /// Returns whether a log has anything; `None` if it was set aside.
    fn replay_log(&mut self, number: u64, kept: &mut Kept) -> Result<Option<bool>, OpenError> {
        let Some((file, head)) = self.open_log(number)? else { return Ok(None) };
        self.disk().writer().writer.replay(number, head.start);
        self.progress.logs += 1;
        let is_used = self.replay_frames(number, Frames::new(&file, head.salt)?, kept)?;
        self.disk().writer().writer.note_unsynced(number, file);
        kept.logs.push(number);
        Ok(Some(is_used))
    }

    fn is_damaged(&self, name: &str, head: Head) -> io::Result<bool> {
        let file = self.disk().files.open(name)?;
        is_damaged(Frames::new(&file, head.salt)?)
    }

    /// Opens a log and reads its head. A file that is not this log, or whose head is damaged, so that
    /// nothing in it can be checked, is set aside.
    fn open_log(&mut self, number: u64) -> Result<Option<(F::File, Head)>, OpenError> {
        let name = names::log(number);
        let file = self.disk().files.open(&name)?;
        let head = match Head::decode(&self.read_head(&name)?) {
            Ok(head) if head.number == number => head,
            Err(HeadError::UnknownVersion(version)) => {
                return Err(OpenError::UnknownVersion { name, version });
            }
            wrong => {
                let why = wrong.map_or_else(|error| error.to_string(), renamed);
                let bytes = used_after(&file, 0)?;
                self.set_aside(&name, format!("{why}; all of its {bytes} bytes are lost"))?;
                return Ok(None);
            }
        };
        if file.length()? % BLOCK != 0 {
            let what = "it was cut; its last puts may be lost".to_owned();
            self.findings.add(Finding::new(&name, what));
        }
        Ok(Some((file, head)))
    }

    /// Returns whether there was anything.
    fn replay_frames(
        &mut self,
        number: u64,
        mut frames: Frames<'_, F::File>,
        kept: &mut Kept,
    ) -> Result<bool, OpenError> {
        let (name, mut known) = (names::log(number), Known::default());
        let (mut is_whole, mut is_damaged) = (true, false);
        loop {
            let (what, is_torn, next) = match frames.next()? {
                Next::Frame(records) => match self.apply(records, &mut known)? {
                    Ok(()) => {
                        self.applied(number);
                        continue;
                    }
                    Err(Malformed) => {
                        let (what, next) = malformed(&frames)?;
                        (what, false, next)
                    }
                },
                Next::End(end) => match Lost::find(&mut frames, end)? {
                    Some(lost) => (lost.to_string(), lost.is_torn, lost.next),
                    None => break,
                },
            };
            (is_whole, is_damaged) = (false, is_damaged || !is_torn);
            self.findings.add(Finding::new(&name, what));
            let Some(next) = next else { break };
            frames.go_on_at(next);
        }
        // Puts that are there and have no key are damage, too, unless their keys were not written.
        if let Some(what) = known.lost() {
            (is_whole, is_damaged) = (false, is_damaged || is_whole);
            self.findings.add(Finding::new(&name, what));
        }
        if is_damaged {
            kept.damaged_logs.push(number);
        }
        Ok(!is_whole || frames.at() > Head::LENGTH as u64)
    }

    /// Forgets what the log is told of a frame, and tells how far replaying is.
    fn applied(&mut self, log: u64) {
        self.disk().writer().writer.skip();
        let puts = self.progress.puts;
        self.progress.tell(format_args!("log {log}, {puts} puts so far"));
    }

    /// Applies the records of a frame, up to the first malformed one. Leaves out those of unknown series.
    fn apply(
        &mut self,
        mut records: &[u8],
        known: &mut Known,
    ) -> io::Result<Result<(), Malformed>> {
        let mut decoder = Decoder::default();
        loop {
            match decoder.next(&mut records) {
                Ok(Some(Record::Key { series, key })) => known.define(series, key.as_bytes()),
                Ok(Some(Record::Put { series, sample })) => {
                    if let Some(key) = known.of_put(series) {
                        self.progress.puts += 1;
                        self.put(key, sample)?;
                    }
                }
                Ok(Some(Record::Remove { series })) => {
                    if let Some(key) = known.of_removal(series) {
                        // It cannot be refused, since replaying always has room.
                        let _ = self.table.remove_series(&key);
                    }
                }
                Ok(None) => return Ok(Ok(())),
                Err(malformed) => return Ok(Err(malformed)),
            }
        }
    }

    /// Puts a sample again, whatever the bound on series is now.
    fn put(&mut self, key: &[u8], sample: Sample) -> io::Result<()> {
        let Ok(name) = Key::from_bytes(key) else { return Ok(()) };
        loop {
            // The batch must be gone before anything else is done: it holds a lock.
            let put = self.table.batch().put(name, sample);
            match put {
                Err(Refused::TableFull) => self.table.restore(key, |_| ()),
                Err(Refused::NotYet) => self.load(key, sample.timestamp())?,
                _ => return Ok(()),
            }
        }
    }

    /// Loads the run that a late sample belongs to.
    fn load(&mut self, key: &[u8], timestamp: i64) -> io::Result<()> {
        let Some(run) = self.table.run_of(key, timestamp) else { return Ok(()) };
        let samples = match &run {
            Run::Flushing(flushing) => flushing.samples(),
            Run::Stored(stored) => self.read(stored, key)?,
        };
        load(self.table, key, &run, &samples);
        Ok(())
    }

    /// Removes series without samples: their last puts were not written.
    fn remove_empty(&self) {
        let mut empty = Vec::new();
        each_series(self.table, |parts| {
            if parts.samples() == 0 {
                empty.push(Box::<[u8]>::from(parts.key()));
            }
        });
        for key in empty {
            // It cannot be refused, since replaying always has room.
            let _ = self.table.remove_series(&key);
        }
    }
}

/// The length of a log is a multiple of this.
const BLOCK: u64 = 4_096;

/// Says that a log has another number than its name.
pub(crate) fn renamed(Head { number, .. }: Head) -> String {
    format!("it was renamed, it is {}", names::log(number))
}
