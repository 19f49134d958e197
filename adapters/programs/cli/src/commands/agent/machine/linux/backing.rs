//! What is behind a file system: a disk of this machine, or a file, memory or another machine.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::files::{Device, Files};
use super::mounts::Mount;

/// File systems that are full as they are made.
const READ_ONLY: [&[u8]; 5] = [b"cramfs", b"erofs", b"iso9660", b"romfs", b"squashfs"];

/// Block devices without a disk of this machine: a file on one, memory, or a disk elsewhere. Their
/// names go on with a number.
const NOT_DISKS: [&str; 5] = ["loop", "nbd", "ram", "rbd", "zram"];

/// The major numbers of `ram` and `loop`, for a container that cannot look up names.
const NOT_DISKS_BY_NUMBER: [u32; 2] = [1, 7];

/// The largest number of devices on top of each other.
const LAYERS: u32 = 16;

/// What several file systems may share.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pool {
    /// The device of one file system.
    Device(Device),
    /// A pool of ZFS, by name.
    Zfs(Vec<u8>),
}

/// Returns whose space a file system uses.
pub(super) fn pool(mount: &Mount) -> Pool {
    if mount.kind != b"zfs" {
        return Pool::Device(mount.device);
    }
    let source = mount.source.as_os_str().as_bytes();
    Pool::Zfs(source.split(|&byte| byte == b'/').next().unwrap_or_default().to_vec())
}

/// Returns whether a file system may be on a disk of this machine.
///
/// Those without a block device have a major number of 0: they are in memory, elsewhere, or another
/// view of a disk. The exceptions manage several devices, or flash memory. A snapshot of ZFS is what a
/// file system was, and most of its space is that of the file system.
pub(super) fn may_be_disk(mount: &Mount) -> bool {
    match &*mount.kind {
        kind if READ_ONLY.contains(&kind) => false,
        b"zfs" if mount.source.as_os_str().as_bytes().contains(&b'@') => false,
        b"bcachefs" | b"btrfs" | b"ubifs" | b"zfs" => true,
        _ => mount.device.0 != 0,
    }
}

/// Returns whether a file system for which [`may_be_disk`] holds is on a disk of this machine.
pub(super) fn is_disk(mount: &Mount, files: &impl Files) -> bool {
    let device = match mount.device {
        Device(0, _) => files.device(first(&mount.source)),
        device => Some(device),
    };
    device.is_none_or(|device| {
        !NOT_DISKS_BY_NUMBER.contains(&device.0)
            && name(device, files).is_none_or(|name| rests_on_disks(&name, files, LAYERS))
    })
}

/// Returns the first device of a source such as `/dev/sda:/dev/sdb`.
fn first(source: &Path) -> &Path {
    let devices = source.as_os_str().as_bytes().split(|&byte| byte == b':');
    Path::new(OsStr::from_bytes(devices.into_iter().next().unwrap_or_default()))
}

fn name(Device(major, minor): Device, files: &impl Files) -> Option<OsString> {
    let text = files.read(&format!("/sys/dev/block/{major}:{minor}/uevent")).ok()?;
    let mut lines = text.split(|&byte| byte == b'\n');
    let name = lines.find_map(|line| line.strip_prefix(b"DEVNAME="))?;
    Some(OsStr::from_bytes(name).to_owned())
}

/// Returns whether a block device, and all that it is made of, are disks. An encrypted volume in a
/// file is a mapped device on a loop device.
fn rests_on_disks(name: &OsStr, files: &impl Files, layers: u32) -> bool {
    let number = |kind: &&str| name.as_bytes().strip_prefix(kind.as_bytes());
    let mut numbers = NOT_DISKS.iter().filter_map(number);
    if layers == 0 || numbers.any(|number| number.first().is_some_and(u8::is_ascii_digit)) {
        return false;
    }
    let lower = files.list(&Path::new("/sys/class/block").join(name).join("slaves"));
    lower.iter().all(|name| rests_on_disks(name, files, layers - 1))
}
