//! The names and the files of a disk at one moment, and the changes that lead from one to the next.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use rustix::io::Errno;

/// The bytes of a sector: a power loss leaves each old or new as a whole.
pub(super) const SECTOR: usize = 512;

/// Names, and files by number. Copies share the bytes of files.
#[derive(Clone, Default)]
pub(super) struct Image {
    pub(super) names: BTreeMap<String, usize>,
    pub(super) files: Vec<Arc<Vec<u8>>>,
}

impl Image {
    pub(super) fn inode(&self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or_else(|| Errno::NOENT.into())
    }

    pub(super) fn lengths(&self) -> Vec<(String, u64)> {
        let length = |inode: &usize| self.files[*inode].len() as u64;
        self.names.iter().map(|(name, inode)| (name.clone(), length(inode))).collect()
    }

    pub(super) fn bytes(&mut self, inode: usize) -> &mut Vec<u8> {
        Arc::make_mut(&mut self.files[inode])
    }

    /// Applies a change. Those before it may be missing.
    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::Created { name, inode } => {
                self.names.insert(name.clone(), *inode);
            }
            Change::Renamed { from, to, inode } => {
                self.remove(from, *inode);
                self.names.insert(to.clone(), *inode);
            }
            Change::Removed { name, inode } => self.remove(name, *inode),
            Change::Extended { inode, length } if *length > self.files[*inode].len() => {
                self.bytes(*inode).resize(*length, 0);
            }
            Change::Extended { .. } => {}
            Change::Written { inode, sector, bytes } => self.write(*inode, *sector, bytes),
        }
    }

    /// Removes a name, unless it is another file's by now.
    fn remove(&mut self, name: &str, inode: usize) {
        if self.names.get(name) == Some(&inode) {
            self.names.remove(name);
        }
    }

    /// Writes a sector as far as the file goes.
    fn write(&mut self, inode: usize, sector: usize, bytes: &[u8]) {
        let rest = self.bytes(inode).get_mut(sector * SECTOR..).unwrap_or_default();
        let count = rest.len().min(bytes.len());
        rest[..count].copy_from_slice(&bytes[..count]);
    }
}

/// A change that survives a power loss as a whole or not at all.
#[derive(Clone)]
pub(super) enum Change {
    Created { name: String, inode: usize },
    Renamed { from: String, to: String, inode: usize },
    Removed { name: String, inode: usize },
    Extended { inode: usize, length: usize },
    Written { inode: usize, sector: usize, bytes: Arc<[u8]> },
}

impl Change {
    /// Returns the file whose data or length is changed, or `None` for a change of names.
    pub(super) fn file(&self) -> Option<usize> {
        match self {
            Self::Extended { inode, .. } | Self::Written { inode, .. } => Some(*inode),
            _ => None,
        }
    }
}
