//! What is read of the kernel. Tests read recorded texts instead.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::Instant;

use rustix::fs::{major, minor, stat, statvfs};

/// The longest text that is read. No kernel writes one, but a container's may come from elsewhere.
const LONGEST: u64 = 16 << 20;

/// What the kernel tells. Each of these calls may hang.
pub(crate) trait Files: Clone + Send + 'static {
    /// Returns the text of a file.
    fn read(&self, file: &str) -> io::Result<Vec<u8>>;

    /// Returns the names in a folder: none if there is no such folder.
    fn list(&self, folder: &Path) -> Vec<OsString>;

    /// Returns the number of a block device.
    fn device(&self, path: &Path) -> Option<Device>;

    /// Returns the space of the file system in which the path is.
    fn space(&self, path: &Path) -> io::Result<Space>;

    /// Returns the time of now.
    fn now(&self) -> Instant;
}

/// The major and minor number of a block device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Device(pub(super) u32, pub(super) u32);

/// The space of a disk in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Space {
    /// In use or reserved.
    pub(super) used: u64,
    /// What is left for everyone.
    pub(super) available: u64,
}

impl Space {
    /// Adds a file system that shares what is available.
    pub(super) fn and(self, other: Self) -> Self {
        let used = self.used.saturating_add(other.used);
        Self { used, available: self.available.max(other.available) }
    }

    pub(super) const fn total(&self) -> u64 {
        self.used.saturating_add(self.available)
    }
}

/// This machine's kernel.
#[derive(Clone)]
pub(crate) struct Kernel;

impl Files for Kernel {
    fn read(&self, file: &str) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        File::open(file)?.take(LONGEST).read_to_end(&mut text)?;
        Ok(text)
    }

    fn list(&self, folder: &Path) -> Vec<OsString> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name()).collect()
    }

    fn device(&self, path: &Path) -> Option<Device> {
        let number = stat(path).ok()?.st_rdev;
        Some(Device(major(number), minor(number)))
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        let space = statvfs(path)?;
        let bytes = |blocks: u64| blocks.saturating_mul(space.f_frsize);
        let used = space.f_blocks.checked_sub(space.f_bavail);
        let used = used.ok_or_else(|| io::Error::other("more space is available than there is"))?;
        Ok(Space { used: bytes(used), available: bytes(space.f_bavail) })
    }

    fn now(&self) -> Instant {
        Instant::now()
    }
}
