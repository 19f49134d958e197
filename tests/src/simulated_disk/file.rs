//! An open file of a simulated disk.

use std::io;

use metric_disk::File;
use rustix::io::Errno;

use super::SimulatedDisk;

/// An open file of a [`SimulatedDisk`].
#[derive(Debug)]
pub struct SimulatedFile {
    disk: SimulatedDisk,
    inode: usize,
    writable: bool,
}

impl SimulatedFile {
    pub(super) fn writable(disk: SimulatedDisk, inode: usize) -> Self {
        Self { disk, inode, writable: true }
    }

    pub(super) fn readable(disk: SimulatedDisk, inode: usize) -> Self {
        Self { disk, inode, writable: false }
    }

    fn check_writable(&self) -> io::Result<()> {
        if self.writable { Ok(()) } else { Err(Errno::BADF.into()) }
    }
}

impl File for SimulatedFile {
    fn length(&self) -> io::Result<u64> {
        self.disk.read(|state| Ok(state.visible.files[self.inode].len() as u64))
    }

    fn allocate(&self, length: u64) -> io::Result<()> {
        self.check_writable()?;
        let length = usize::try_from(length).map_err(|_| Errno::FBIG)?;
        self.disk.change(|state| state.allocate(self.inode, length))
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.check_writable()?;
        let offset = usize::try_from(offset).map_err(|_| Errno::FBIG)?;
        self.disk.change_part(
            bytes.len(),
            |state, done| state.write(self.inode, &bytes[..done], offset),
            |_| (),
        )
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.disk.read(|state| Ok(copy(&state.visible.files[self.inode], bytes, offset)))
    }

    fn read_cached_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<Option<usize>> {
        self.disk.read(|state| {
            let cached = state.finds_cached();
            Ok(cached.then(|| copy(&state.visible.files[self.inode], bytes, offset)))
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.change_part(
            1,
            |state, _| {
                state.sync_file(self.inode);
                Ok(())
            },
            |state| state.drop_unsynced(self.inode),
        )
    }
}

fn copy(file: &[u8], bytes: &mut [u8], offset: u64) -> usize {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let rest = file.get(offset..).unwrap_or_default();
    let count = rest.len().min(bytes.len());
    bytes[..count].copy_from_slice(&rest[..count]);
    count
}
