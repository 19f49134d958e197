//! Copying a directory while a server runs on it.
//!
//! 1. List it. The files that count must follow each other without a gap up to the newest number that
//!    was ever listed; else a file came or went meanwhile: list again.
//! 2. Open all logs, and link the segments: then it does not matter what is removed. If one is gone,
//!    list again.
//! 3. Copy the logs, the newest first: so a log is copied after all that a later one has was put.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::chain::Chain;
use crate::frames::{End, Frames, Next};
use crate::head::{Head, HeadError};
use crate::segment::Numbers;
use crate::{Directory, File, Files, names};

/// What a [`backup`] has copied.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// The segments.
    pub segments: u64,
    /// Those of them that take no space, since both directories have the same file.
    pub linked: u64,
    /// The logs.
    pub logs: u64,
    /// The bytes of the files.
    pub bytes: u64,
}

/// Copies a directory of a store, whether a server runs on it or not. The copy is a directory that a
/// store opens. It has all that was acknowledged before the call, and is safe from a power loss when
/// the call returns.
///
/// Segments are hard links where the file system lets them: a store never changes a segment, it only
/// removes it, so neither directory changes the other. Damage of the disk under such a file hits
/// both, so a backup against that belongs on another disk. Files that no segment or log needs are not
/// copied, nor is the lock. `from` is left as it is.
///
/// # Errors
///
/// If `to` has files, if one of the directories cannot be used, or if a file has another version of
/// the format. What was copied until then is removed.
pub fn backup(from: &Path, to: &Path) -> io::Result<Copied> {
    let from = Directory::open(from)?;
    let copy = Directory::create(to)?;
    if fs::read_dir(to)?.next().is_some() {
        let text = format!("cannot use {to:?}: it is not empty");
        return Err(io::Error::new(ErrorKind::DirectoryNotEmpty, text));
    }
    let copied = copy_all(&from, &copy);
    if copied.is_err() {
        for (name, _) in copy.list()? {
            copy.remove(&name)?;
        }
    }
    copied
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
                    return finish(to, &chain);
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

/// Opens all logs, the newest first, and copies the segments.
fn take(from: &Directory, to: &Directory, chain: &Chain) -> io::Result<Vec<(String, fs::File)>> {
    let open = |&log: &u64| {
        let name = names::log(log);
        let file = from.open(&name)?;
        Ok((name, file))
    };
    let logs = chain.logs.iter().rev().map(open).collect::<io::Result<_>>()?;
    chain.segments.iter().try_for_each(|&numbers| copy_segment(from, to, numbers))?;
    Ok(logs)
}

/// Links a segment, or copies it to another file system. One that is there already stays.
fn copy_segment(from: &Directory, to: &Directory, numbers: Numbers) -> io::Result<()> {
    let name = numbers.to_string();
    match from.link(&name, to) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() != ErrorKind::NotFound => {
            let file = from.open(&name)?;
            copy_bytes(&file, file.length()?, &to.create(&name)?)
        }
        linked => linked,
    }
}

fn copy_logs(logs: &[(String, fs::File)], to: &Directory) -> io::Result<()> {
    for (name, log) in logs {
        let (copy, length) = (to.create(name)?, frames_end(log)?);
        copy.allocate(length.next_multiple_of(PAGE))?;
        copy_bytes(log, length, &copy)?;
    }
    Ok(())
}

/// The length of a log is a multiple of this, in bytes.
const PAGE: u64 = 4_096;

/// Returns where the last whole frame of a log ends. A damaged log is copied as it is.
fn frames_end(log: &fs::File) -> io::Result<u64> {
    let mut head = [0; Head::LENGTH];
    let read = log.read_at(&mut head, 0)?;
    let salt = match Head::decode(&head[..read]) {
        Ok(head) => head.salt,
        Err(error @ HeadError::UnknownVersion(_)) => return Err(io::Error::other(error)),
        Err(_) => return log.length(),
    };
    let mut end = read_frames(log, salt)?;
    if matches!(end, End::Damaged { .. }) {
        // Frames may have been written just before others were read.
        thread::sleep(PAUSE);
        end = read_frames(log, salt)?;
    }
    match end {
        End::Clean { at } | End::Torn { at } => Ok(at),
        End::Damaged { .. } => log.length(),
    }
}

fn read_frames(log: &fs::File, salt: u32) -> io::Result<End> {
    let mut frames = Frames::new(log, salt)?;
    loop {
        if let Next::End(end) = frames.next()? {
            return Ok(end);
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
fn finish(to: &Directory, chain: &Chain) -> io::Result<Copied> {
    use std::os::unix::fs::MetadataExt;

    for (name, _) in to.list()? {
        let segment = Numbers::from_name(&name);
        if segment.is_some_and(|numbers| !chain.segments.contains(&numbers)) {
            to.remove(&name)?;
        }
    }
    let mut copied = Copied { logs: chain.logs.len() as u64, ..Copied::default() };
    for (name, length) in to.list()? {
        copied.bytes += length;
        if Numbers::from_name(&name).is_some() {
            copied.segments += 1;
            copied.linked += u64::from(to.open(&name)?.metadata()?.nlink() > 1);
        }
    }
    to.sync()?;
    Ok(copied)
}
