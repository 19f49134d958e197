//! Copying a directory while a server runs on it.
//!
//! 1. List it. The files that count must follow each other without a gap up to the newest number that
//!    was ever listed; else a file came or went meanwhile: list again.
//! 2. Open all logs, and link the segments: then it does not matter what is removed. If one is gone,
//!    list again.
//! 3. Copy the logs, the newest first: so a log is copied after all that a later one has was put.
//! 4. Check the copy: what is damaged or missing in it is so in the directory.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{self, Path};
use std::thread;
use std::time::Duration;

use crate::chain::Chain;
use crate::expire::ignore_gone;
use crate::frames::{Frames, Next};
use crate::head::{Head, HeadError};
use crate::lost::Lost;
use crate::names::{self, Kind, must_be_used};
use crate::segment::Numbers;
use crate::unit::{read_unit, write_unit};
use crate::{Directory, File, Files, OpenError, Report, check_files};

/// What a [`backup`] has copied.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// The segments.
    pub segments: u64,
    /// Those of them that take no space, since both directories have the same file.
    pub linked: u64,
    /// The logs.
    pub logs: u64,
    /// The bytes of the files.
    pub bytes: u64,
    /// What a check of the copy has found. The directory has the same faults.
    pub report: Report,
}

/// Copies a directory of a store, whether a server runs on it or not. The copy is a directory that a
/// store opens. It has all that was acknowledged before the call, and is safe from a power loss when
/// the call returns.
///
/// Segments are hard links where the file system lets them: a store never changes a segment, it only
/// removes it, so neither directory changes the other. Damage of the disk under such a file hits
/// both, so a backup against that belongs on another disk. Files that were set aside, files of others and
/// the lock are not copied. `from` is left as it is.
///
/// All of the copy is read and checked. If something is damaged or missing, the rest is copied
/// nevertheless, and the report has faults.
///
/// # Errors
///
/// If no store has kept samples in `from`, if `to` has files or is within `from`, if one of the directories
/// cannot be used, or if a file has another version of the format. What was copied until then is removed.
pub fn backup(from: &Path, to: &Path) -> io::Result<Copied> {
    let directory = Directory::open(from)?;
    must_be_used(&directory)?;
    must_be_apart(from, to)?;
    let copy = Directory::create(to)?;
    if fs::read_dir(to)?.next().is_some() {
        let text = format!("cannot use {to:?}: it is not empty");
        return Err(io::Error::new(ErrorKind::DirectoryNotEmpty, text));
    }
    let copied = copy_all(&directory, &copy);
    if copied.is_err() {
        for (name, _) in copy.list()? {
            copy.remove(&name)?;
        }
    }
    copied
}

/// Refuses a copy within its original, which would have the copy as a file of somebody else.
fn must_be_apart(from: &Path, to: &Path) -> io::Result<()> {
    let from = fs::canonicalize(from)?;
    // What is missing is made within the nearest that is there.
    let there = path::absolute(to)?.ancestors().find_map(|path| fs::canonicalize(path).ok());
    match there.is_some_and(|there| there.starts_with(from)) {
        true => {
            let text = format!("{to:?} is within it; copy to a directory elsewhere");
            Err(io::Error::new(ErrorKind::InvalidInput, text))
        }
        false => Ok(()),
    }
}

/// How often a directory is listed at most, and the pause before it is listed again.
const TRIES: u32 = 1_000;
const PAUSE: Duration = Duration::from_millis(1);

/// What a directory lacks in so many listings one after the other is no file that comes or goes.
const PATIENCE: u32 = 100;

fn copy_all(from: &Directory, to: &Directory) -> io::Result<Copied> {
    let (mut newest, mut last, mut same) = (0, Chain::default(), 0);
    for _ in 0..TRIES {
        let chain = list(from)?;
        same = if chain == last { same + 1 } else { 0 };
        newest = newest.max(chain.newest());
        let is_whole = chain.gaps().is_empty() && chain.newest() == newest;
        if is_whole || same >= PATIENCE {
            match take(from, to, &chain) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                logs => {
                    copy_logs(&logs?, to)?;
                    if chain.oldest > 0 {
                        to.create(&names::first(chain.oldest))?;
                    }
                    if let Some(unit) = read_unit(from)? {
                        write_unit(to, unit)?;
                    }
                    finish(to, &chain)?;
                    return count(to);
                }
            }
        }
        last = chain;
        thread::sleep(PAUSE);
    }
    Err(io::Error::new(ErrorKind::ResourceBusy, "files come and go too fast to be copied"))
}

fn list(directory: &Directory) -> io::Result<Chain> {
    let listed = directory.list()?;
    Ok(Chain::new(listed.iter().map(|(name, _)| name.as_str())))
}

/// Opens all logs, the newest first, and copies the segments. Files that a segment replaces may be gone;
/// those that stay are copied, too: a store needs them if the segment is not what its name says.
fn take(from: &Directory, to: &Directory, chain: &Chain) -> io::Result<Vec<(String, fs::File)>> {
    let open = |name: String| from.open(&name).map(|file| (name, file));
    let logs = chain.logs.iter().rev().map(|&log| open(names::log(log)));
    let mut logs = logs.collect::<io::Result<Vec<_>>>()?;
    chain.segments.iter().try_for_each(|numbers| copy_segment(from, to, &numbers.to_string()))?;
    for name in &chain.superseded {
        let taken = match names::kind(name) {
            Kind::Log(_) => open(name.clone()).map(|log| logs.push(log)),
            _ => copy_segment(from, to, name),
        };
        ignore_gone(taken)?;
    }
    Ok(logs)
}

/// Links a segment, or copies it to another file system. One that is there already stays.
fn copy_segment(from: &Directory, to: &Directory, name: &str) -> io::Result<()> {
    match from.link(name, to) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() != ErrorKind::NotFound => {
            let file = from.open(name)?;
            copy_bytes(&file, file.length()?, &to.create(name)?)
        }
        linked => linked,
    }
}

/// Copies logs up to their last frames. A damaged one is copied as it is.
fn copy_logs(logs: &[(String, fs::File)], to: &Directory) -> io::Result<()> {
    for (name, log) in logs {
        let (copy, end) = (to.create(name)?, frames_end(log)?);
        if let Some(end) = end {
            copy.allocate(end.next_multiple_of(PAGE))?;
        }
        copy_bytes(log, end.unwrap_or(log.length()?), &copy)?;
    }
    Ok(())
}

/// The length of a log is a multiple of this, in bytes.
const PAGE: u64 = 4_096;

/// Returns where the last whole frame of a log ends; `None` if the log is damaged.
fn frames_end(log: &fs::File) -> io::Result<Option<u64>> {
    let mut head = [0; Head::LENGTH];
    let read = log.read_at(&mut head, 0)?;
    let salt = match Head::decode(&head[..read]) {
        Ok(head) => head.salt,
        Err(error @ HeadError::UnknownVersion(_)) => return Err(io::Error::other(error)),
        Err(_) => return Ok(None),
    };
    if log.length()? % PAGE != 0 {
        return Ok(None);
    }
    if let Some(end) = read_frames(log, salt)? {
        return Ok(Some(end));
    }
    // Frames may have been written just before others were read.
    thread::sleep(PAUSE);
    read_frames(log, salt)
}

fn read_frames(log: &fs::File, salt: u32) -> io::Result<Option<u64>> {
    let mut frames = Frames::new(log, salt)?;
    loop {
        if let Next::End(end) = frames.next()? {
            let at = frames.at();
            let lost = Lost::find(&mut frames, end)?;
            return Ok(lost.is_none_or(|lost| lost.is_torn).then_some(at));
        }
    }
}

/// Copies the first bytes of a file, and syncs the copy.
fn copy_bytes(from: &fs::File, length: u64, to: &fs::File) -> io::Result<()> {
    let (mut at, mut piece) = (0, vec![0; PIECE]);
    while at < length {
        let wanted = piece.len().min(usize::try_from(length - at).unwrap_or(PIECE));
        let read = from.read_at(&mut piece[..wanted], at)?;
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        to.write_all_at(&piece[..read], at)?;
        at += read as u64;
    }
    to.sync()
}

/// How many bytes are copied at once.
const PIECE: usize = 1 << 20;

/// Removes segments that were copied and are gone, and makes the names durable.
fn finish(to: &Directory, chain: &Chain) -> io::Result<()> {
    for (name, _) in to.list()? {
        let segment = Numbers::from_name(&name);
        let is_listed = |numbers| chain.segments.contains(&numbers);
        if segment.is_some_and(|numbers| !is_listed(numbers) && !chain.superseded.contains(&name)) {
            to.remove(&name)?;
        }
    }
    to.sync()
}

/// Counts and checks what is in a copy.
fn count(to: &Directory) -> io::Result<Copied> {
    use std::os::unix::fs::MetadataExt;

    let mut copied = Copied::default();
    for (name, length) in to.list()? {
        copied.bytes += length;
        match names::kind(&name) {
            Kind::Segment(_) => {
                copied.segments += 1;
                copied.linked += u64::from(to.open(&name)?.metadata()?.nlink() > 1);
            }
            Kind::Log(_) => copied.logs += 1,
            _ => {}
        }
    }
    copied.report = check_files(to).map_err(|error| match error {
        OpenError::Io(error) => error,
        error => io::Error::other(error),
    })?;
    Ok(copied)
}
