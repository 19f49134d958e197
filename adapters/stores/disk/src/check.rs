//! Checking a directory: every checksum, every record, and whether files are missing.
//!
//! A server may run on it: files that it has merged or flushed are gone, and others have come. So the
//! directory is gone through until what was found cannot come from that.

mod seen;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::chain::Chain;
use crate::frames::{Frames, Next};
use crate::head::{Head, HeadError};
use crate::known::Known;
use crate::lost::{Lost, malformed};
use crate::names::{self, Kind, must_be_used};
use crate::replay::renamed;
use crate::report::Report;
use crate::segment::{self, Numbers, Unreadable};
use crate::tail::used_after;
use crate::unit::{UNIT_NAME, UNKNOWN, UnitFault, unit_fault};
use crate::{Directory, File, Files, Finding, OpenError};

use seen::Seen;

/// Checks a directory without changing anything in it, whether a server runs on it or not.
///
/// It reads every byte, in a few megabytes of memory, beside the keys of all series and the largest index.
///
/// # Errors
///
/// [`OpenError`] if this is not a directory, if no store has kept samples there, if it cannot be read, or if a
/// later version of this program has written a file. Everything else is in the report.
pub fn check(path: &Path) -> Result<Report, OpenError> {
    let directory = Directory::open(path)?;
    must_be_used(&directory)?;
    check_files(&directory)
}

/// Checks a directory, as [`check`] does.
///
/// # Errors
///
/// As [`check`].
pub fn check_files(files: &impl Files) -> Result<Report, OpenError> {
    let mut checker = Checker { files, bad_blocks: BTreeMap::new() };
    // If the first pass finds nothing unusual, there is no need of another.
    let mut last = Report::default();
    for pass in 0..PASSES {
        let report = checker.whole_pass()?;
        let is_settled = report.agrees(&last);
        last = report;
        if is_settled {
            break;
        }
        thread::sleep(PAUSE * (1 << pass));
    }
    Ok(last)
}

/// How often a directory is gone through at most, and the pause after the first time. Each pause is
/// twice that before: all take a second.
const PASSES: u32 = 10;

/// How often a pass may begin again because a file was gone before it was opened: a server has removed
/// it, so it made progress meanwhile.
const BEGINS: u32 = 1_000;
const PAUSE: Duration = Duration::from_millis(1);

/// Space for a log is reserved in multiples of this, in bytes, so a file of another length was cut.
const PAGE: u64 = 4_096;

struct Checker<'a, F> {
    files: &'a F,
    /// The segments whose blocks were checked, and what is wrong with them. Segments do not change.
    bad_blocks: BTreeMap<Numbers, Vec<Finding>>,
}

impl<F: Files> Checker<'_, F> {
    /// Goes through the directory until no file goes meanwhile.
    fn whole_pass(&mut self) -> Result<Report, OpenError> {
        for _ in 1..BEGINS {
            match self.pass() {
                Err(OpenError::Io(error)) if error.kind() == ErrorKind::NotFound => {}
                passed => return passed,
            }
        }
        self.pass()
    }

    /// Goes through the directory once.
    fn pass(&mut self) -> Result<Report, OpenError> {
        let listed = self.files.list()?;
        let chain = Chain::new(listed.iter().map(|(name, _)| name.as_str()));
        let mut seen = Seen::default();
        seen.report.bytes = listed.iter().map(|(_, length)| length).sum();
        for &numbers in &chain.segments {
            let checked = self.check_segment(numbers, &mut seen);
            seen.tell_unreadable(&numbers.to_string(), checked)?;
        }
        seen.check_chain(&chain);
        for &log in &chain.logs {
            let checked = self.check_log(log, &mut seen);
            seen.tell_unreadable(&names::log(log), checked)?;
        }
        for name in &chain.superseded {
            let checked = self.check_superseded(name, &mut seen);
            seen.tell_unreadable(name, checked)?;
        }
        let checked = self.check_unit(&mut seen);
        seen.tell_unreadable(UNIT_NAME, checked)?;
        Ok(seen.report())
    }

    fn check_segment(&mut self, numbers: Numbers, seen: &mut Seen) -> Result<(), OpenError> {
        let name = numbers.to_string();
        let file = self.files.open(&name)?;
        let bytes = file.length()?;
        let segment = match segment::read(&file, numbers) {
            Ok(segment) => segment,
            Err(Unreadable::UnknownVersion(version)) => {
                return Err(OpenError::UnknownVersion { name, version });
            }
            Err(error) => {
                seen.add_unreadable(numbers, error.to_string(), bytes);
                return Ok(());
            }
        };
        let bad = self.bad_blocks.entry(numbers).or_insert_with(|| {
            let bad = segment::check(&file, numbers, &segment).bad;
            bad.iter().map(|block| Finding::new(&name, block.to_string())).collect()
        });
        seen.report.faults.extend(bad.iter().cloned());
        seen.add_segment(numbers, &segment, bytes);
        Ok(())
    }

    fn check_log(&self, number: u64, seen: &mut Seen) -> Result<(), OpenError> {
        let name = names::log(number);
        let file = self.files.open(&name)?;
        let head = match read_head(&file, &name)? {
            Ok(head) if head.number == number => head,
            wrong => {
                let what = wrong.map_or_else(|error| error.to_string(), renamed);
                let bytes = used_after(&file, 0)?;
                seen.report.fault(&name, format!("{what}; all of its {bytes} bytes are lost"));
                return Ok(());
            }
        };
        seen.report.logs += 1;
        let mut frames = Frames::new(&file, head.salt)?;
        let (mut known, mut is_torn) = (Known::default(), false);
        loop {
            match frames.next()? {
                Next::Frame(records) if seen.add_records(records, &mut known) => {}
                Next::Frame(_) => {
                    let (what, next) = malformed(&frames)?;
                    seen.report.fault(&name, what);
                    let Some(next) = next else { break };
                    frames.go_on_at(next);
                }
                Next::End(end) => {
                    let Some(lost) = Lost::find(&mut frames, end)? else { break };
                    is_torn |= lost.is_torn;
                    seen.report.add(&name, lost, lost.is_torn);
                    let Some(next) = lost.next else { break };
                    frames.go_on_at(next);
                }
            }
        }
        known.lost().into_iter().for_each(|what| seen.report.add(&name, what, is_torn));
        let length = file.length()?;
        if length % PAGE != 0 {
            seen.report.fault(&name, format!("it was cut to {length} bytes; puts may be lost"));
        }
        Ok(())
    }

    fn check_unit(&self, seen: &mut Seen) -> Result<(), OpenError> {
        let has_samples = seen.report.samples + seen.report.records > 0;
        match unit_fault(self.files)? {
            Some(UnitFault::Foreign(what)) => seen.report.fault(UNIT_NAME, what),
            Some(UnitFault::None) if has_samples => seen.report.note(UNIT_NAME, UNKNOWN),
            Some(UnitFault::None) | None => {}
        }
        Ok(())
    }

    /// Checks that a file that a segment replaces is not another one that was renamed. What else is
    /// wrong with it does not matter.
    fn check_superseded(&self, name: &str, seen: &mut Seen) -> Result<(), OpenError> {
        let file = match self.files.open(name) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            opened => opened?,
        };
        match names::kind(name) {
            Kind::Segment(numbers) => {
                if let Err(error @ Unreadable::OtherNumbers(_)) = segment::read(&file, numbers) {
                    seen.report.fault(name, error);
                }
            }
            Kind::Log(number) => {
                if let Ok(head) = read_head(&file, name)?
                    && head.number != number
                {
                    seen.report.fault(name, renamed(head));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn read_head(file: &impl File, name: &str) -> Result<Result<Head, HeadError>, OpenError> {
    let mut bytes = [0; Head::LENGTH];
    let length = file.read_at(&mut bytes, 0)?;
    match Head::decode(&bytes[..length]) {
        Err(HeadError::UnknownVersion(version)) => {
            Err(OpenError::UnknownVersion { name: name.to_owned(), version })
        }
        decoded => Ok(decoded),
    }
}
