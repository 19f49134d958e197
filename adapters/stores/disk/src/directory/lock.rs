//! The lock that a process has on a directory.

use std::fs;
use std::io::{self, ErrorKind};
use std::process;

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::retry_on_intr;

use super::{Directory, with_path};
use crate::File;
use crate::claim::{LONGEST_LOCK, is_lock};

/// The name of the file that a process locks, beside the directory itself, to have that for itself. Its
/// text is for people. It is never removed: a file system may not be able to lock directories.
pub const LOCK_NAME: &str = "lock";

/// Holds the lock of a [`Directory`].
#[derive(Debug)]
pub struct DirectoryLock {
    _directory: fs::File,
    _file: fs::File,
}

/// Locks a directory, if no other process has it.
pub(super) fn lock(directory: &Directory) -> io::Result<DirectoryLock> {
    lock_both(directory).map_err(|error| match error.kind() {
        ErrorKind::WouldBlock => {
            let text = format!("another process uses the directory {:?}", directory.path);
            io::Error::new(ErrorKind::WouldBlock, text)
        }
        _ => with_path(&directory.path.join(LOCK_NAME), error),
    })
}

fn lock_both(directory: &Directory) -> io::Result<DirectoryLock> {
    let handle = lock_handle(directory)?;
    let file = directory.open_file(LOCK_NAME, OFlags::RDWR | OFlags::CREATE)?;
    lock_one(&file)?;
    let mut text = [0; LONGEST_LOCK];
    let length = file.read_at(&mut text, 0)?;
    if is_lock(&text[..length]) {
        // The number is for people only: a full disk must not keep the store from starting.
        let _ = file.set_len(0);
        let _ = file.write_all_at(format!("{}\n", process::id()).as_bytes(), 0);
    }
    Ok(DirectoryLock { _directory: handle, _file: file })
}

/// Locks the directory itself, so that it does not matter if the lock's file is removed. A file system
/// that cannot do that has the file alone.
fn lock_handle(directory: &Directory) -> io::Result<fs::File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    // Another handle, since a lock ends with its own one.
    let open = || rustix::fs::openat(&directory.handle, ".", flags, Mode::empty());
    let handle = retry_on_intr(open)?.into();
    match lock_one(&handle) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Err(error),
        _ => Ok(handle),
    }
}

fn lock_one(file: &fs::File) -> io::Result<()> {
    let exclusive = FlockOperation::NonBlockingLockExclusive;
    Ok(retry_on_intr(|| rustix::fs::flock(file, exclusive))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Files;

    fn directory() -> (tempfile::TempDir, Directory) {
        let place = tempfile::tempdir().expect("temporary directory");
        let directory = Directory::create(place.path()).expect("it exists");
        (place, directory)
    }

    #[test]
    fn one_lock_at_a_time_and_its_file_stays() {
        let (place, directory) = directory();
        let lock = directory.lock().expect("nobody else has it");
        let second = Directory::create(place.path()).expect("it exists");
        let error = second.lock().expect_err("the first has it");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        assert!(error.to_string().contains(&format!("{:?}", place.path())), "{error}");
        let text = || fs::read_to_string(place.path().join("lock")).expect("it exists");
        assert_eq!(text(), format!("{}\n", process::id()));
        drop(lock);
        assert_eq!(text(), format!("{}\n", process::id()));
        second.lock().expect("the first is gone");
    }

    #[test]
    fn a_lock_whose_file_is_removed_holds() {
        let (place, directory) = directory();
        let lock = directory.lock().expect("nobody else has it");
        fs::remove_file(place.path().join("lock")).expect("it exists");
        let second = Directory::create(place.path()).expect("it exists");
        let error = second.lock().expect_err("the first has it");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        drop(lock);
        second.lock().expect("the first is gone");
    }

    /// `flock` of util-linux holds the same kind of lock.
    #[cfg(target_os = "linux")]
    #[test]
    fn another_process_that_has_the_lock_keeps_it_as_it_is() {
        let (place, directory) = directory();
        let path = place.path().join("lock");
        fs::write(&path, "other").expect("free name");
        let mut other = process::Command::new("flock");
        other.arg(&path).args(["sh", "-c", "echo; read line"]);
        other.stdin(process::Stdio::piped()).stdout(process::Stdio::piped());
        let Ok(mut other) = other.spawn() else { return };
        let mut byte = [0];
        let output = other.stdout.as_mut().expect("it is piped");
        io::Read::read_exact(output, &mut byte).expect("it has the lock");
        let error = directory.lock().expect_err("the other process has it");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        assert_eq!(fs::read_to_string(&path).expect("it exists"), "other");
        drop(other.stdin.take());
        other.wait().expect("its input has ended");
        directory.lock().expect("it is gone");
    }
}
