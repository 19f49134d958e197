//! A real file.

use std::os::unix::fs::MetadataExt;
use std::{fs, io};

use rustix::io::{pread, pwrite, retry_on_intr};

use crate::File;

impl File for fs::File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn allocate(&self, length: u64) -> io::Result<()> {
        if reserve(self, length)? || self.length()? >= length {
            return Ok(());
        }
        self.set_len(length)
    }

    fn write_all_at(&self, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            let count = retry_on_intr(|| pwrite(self, bytes, offset))?;
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = &bytes[count..];
            offset += count as u64;
        }
        Ok(())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut read = 0;
        while read < bytes.len() {
            match retry_on_intr(|| pread(self, &mut bytes[read..], offset + read as u64))? {
                0 => break,
                count => read += count,
            }
        }
        Ok(read)
    }

    fn read_cached_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<Option<usize>> {
        let Some(count) = read_without_waiting(self, bytes, offset)? else { return Ok(None) };
        // Linux stops short at the first page that is not in memory, too. Some versions return 0.
        let complete = count == bytes.len() || offset + count as u64 >= self.length()?;
        Ok(complete.then_some(count))
    }

    fn has_name(&self) -> bool {
        self.metadata().map_or(true, |metadata| metadata.nlink() > 0)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Reserves space. Returns `false` if the file system cannot.
#[cfg(target_os = "linux")]
fn reserve(file: &fs::File, length: u64) -> io::Result<bool> {
    use rustix::{fs::FallocateFlags, io::Errno};

    match retry_on_intr(|| rustix::fs::fallocate(file, FallocateFlags::empty(), 0, length)) {
        // EINVAL is also the answer to a length of 0.
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(false),
        reserved => Ok(reserved.map(|()| true)?),
    }
}

/// Reserves nothing: other systems have no call for it that also sets the length.
#[cfg(not(target_os = "linux"))]
fn reserve(_: &fs::File, _: u64) -> io::Result<bool> {
    Ok(false)
}

/// Reads what is in memory. Returns `None` if that cannot be known, or is nothing.
#[cfg(target_os = "linux")]
fn read_without_waiting(
    file: &fs::File,
    bytes: &mut [u8],
    offset: u64,
) -> io::Result<Option<usize>> {
    use rustix::io::{Errno, ReadWriteFlags, preadv2};

    let mut slices = [io::IoSliceMut::new(bytes)];
    match retry_on_intr(|| preadv2(file, &mut slices, offset, ReadWriteFlags::NOWAIT)) {
        Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::NOSYS) => Ok(None),
        read => Ok(Some(read?)),
    }
}

#[cfg(not(target_os = "linux"))]
fn read_without_waiting(_: &fs::File, _: &mut [u8], _: u64) -> io::Result<Option<usize>> {
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allocating_sets_the_length_and_never_cuts() {
        let file = tempfile::tempfile().expect("temporary file");
        file.write_all_at(b"kept", 0).expect("space");
        for (allocated, length) in [(0, 4), (2, 4), (100_000, 100_000), (10, 100_000)] {
            file.allocate(allocated).expect("space");
            assert_eq!(file.length().expect("open"), length);
        }
        let mut bytes = [1; 6];
        assert_eq!(file.read_at(&mut bytes, 0).expect("open"), 6);
        assert_eq!(&bytes, b"kept\0\0");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn allocated_space_is_taken() {
        let file = tempfile::tempfile().expect("temporary file");
        if !reserve(&file, 1 << 20).expect("space") {
            return;
        }
        assert!(file.metadata().expect("open").blocks() * 512 >= 1 << 20);
    }

    #[test]
    fn a_read_is_short_only_at_the_end_of_the_file() {
        let file = tempfile::tempfile().expect("temporary file");
        let written: Vec<u8> = (0..100_000_u32).map(|index| index as u8).collect();
        file.write_all_at(&written, 0).expect("space");
        file.sync().expect("syncable");
        for (offset, length) in [(0, 100_000), (99_990, 100), (100_000, 1), (200_000, 1), (5, 0)] {
            let expected = written.get(offset..).unwrap_or_default();
            let expected = &expected[..expected.len().min(length)];
            let mut bytes = vec![0; length];
            let count = file.read_at(&mut bytes, offset as u64).expect("open");
            assert_eq!(&bytes[..count], expected);
            let mut cached = vec![0; length];
            // Whether it is in memory, the system alone knows.
            let count = file.read_cached_at(&mut cached, offset as u64).expect("open");
            assert!(count.is_none_or(|count| &cached[..count] == expected));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_not_in_memory_is_not_read_as_cached() {
        use rustix::fs::{Advice, fadvise};

        let file = tempfile::tempfile().expect("temporary file");
        let written = vec![7; 1 << 20];
        file.write_all_at(&written, 0).expect("space");
        file.sync().expect("syncable");
        let mut bytes = vec![0; 1 << 20];
        // A file system that does not know stays out of this.
        let Some(_) = file.read_cached_at(&mut bytes, 0).expect("open") else { return };
        fadvise(&file, 0, None, Advice::DontNeed).expect("open");
        file.read_at(&mut bytes[..1], 0).expect("open");
        bytes.fill(0);
        let count = file.read_cached_at(&mut bytes, 0).expect("open");
        assert!(count.is_none_or(|count| bytes[..count] == written));
    }
}
