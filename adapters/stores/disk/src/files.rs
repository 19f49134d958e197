//! The file system, as the store uses it: one directory of flat names.

use std::{fmt, io};

/// A directory. [`Directory`](crate::Directory) is a real one; tests simulate others.
///
/// All calls block. A call that fails may have been done, partly or not at all.
pub trait Files: fmt::Debug + Send + Sync + 'static {
    /// A file in the directory.
    type File: File;
    /// Holds the directory for one process; dropping it, or the end of the process, releases it.
    type Lock: fmt::Debug + Send + Sync;

    /// Locks the directory.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if another process has it.
    fn lock(&self) -> io::Result<Self::Lock>;

    /// Returns the names and the lengths in bytes of all regular files, in any order.
    fn list(&self) -> io::Result<Vec<(String, u64)>>;

    /// Returns the name of an entry that [`list`](Self::list) leaves out, if there is one: a directory, a
    /// link, or a name that is no text. `lost+found` does not count.
    fn other_entry(&self) -> io::Result<Option<String>> {
        Ok(None)
    }

    /// Creates an empty file for reading and writing.
    ///
    /// # Errors
    ///
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) if the name is taken.
    fn create(&self, name: &str) -> io::Result<Self::File>;

    /// Opens a file for reading.
    fn open(&self, name: &str) -> io::Result<Self::File>;

    /// Renames a file. A file that has the new name is replaced.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a name. Open files stay readable.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes all creations, renames and removals until now survive a power loss.
    fn sync(&self) -> io::Result<()>;

    /// Returns the free bytes that files may take.
    fn available(&self) -> io::Result<u64>;

    /// Checks that the directory is where it was opened: else nobody may find again what is written.
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) if somebody has removed, renamed or replaced it.
    fn check_place(&self) -> io::Result<()> {
        Ok(())
    }

    /// Returns the name of the directory for people.
    fn place(&self) -> String {
        "the data directory".to_owned()
    }
}

/// An open file.
pub trait File: fmt::Debug + Send + Sync + 'static {
    /// Returns the length in bytes.
    fn length(&self) -> io::Result<u64>;

    /// Reserves space, so that writing below `length` cannot fail for want of it where the file
    /// system can promise that. The file then has this length and reads as zeros.
    fn allocate(&self, length: u64) -> io::Result<()>;

    /// Writes all bytes at an offset. Interrupted and short writes are continued.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Reads up to the length of `bytes` at an offset. Less is read only at the end of the file.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Reads as [`read_at`](Self::read_at) does if the bytes are in memory already; else returns
    /// `None` without waiting.
    fn read_cached_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<Option<usize>>;

    /// Returns whether the file has a name, so that it is there after the process has ended.
    fn has_name(&self) -> bool {
        true
    }

    /// Makes all that was written survive a power loss. If this fails, what was written since the
    /// last success may be lost, even if a later call succeeds.
    fn sync(&self) -> io::Result<()>;
}
