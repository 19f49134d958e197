//! The disks of this machine, by `/proc/self/mountinfo`.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::backing;
use super::files::{Device, Files};

pub(super) const FILE: &str = "/proc/self/mountinfo";

/// A disk, or several that are a pool.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Disk {
    path: PathBuf,
    /// The file systems of a pool other than that at the path.
    others: Vec<PathBuf>,
}

/// A line of the table.
#[derive(Debug)]
pub(super) struct Mount {
    number: u32,
    parent: u32,
    /// The device of the whole file system, the same for each part of it.
    pub(super) device: Device,
    path: PathBuf,
    pub(super) kind: Vec<u8>,
    pub(super) source: PathBuf,
}

/// Returns each disk of this machine once.
pub(super) fn disks(files: &impl Files) -> io::Result<Vec<Disk>> {
    let text = files.read(FILE)?;
    let mounts: Vec<_> = text.split(|&byte| byte == b'\n').filter_map(mount).collect();
    let mut disks = BTreeMap::new();
    for mount in file_systems(&mounts) {
        if backing::is_disk(mount, files) {
            let path = || mount.path.clone();
            disks
                .entry(backing::pool(mount))
                .and_modify(|disk: &mut Disk| disk.others.push(path()))
                .or_insert_with(|| Disk { path: path(), others: Vec::new() });
        }
    }
    Ok(disks.into_values().collect())
}

impl Disk {
    /// Returns the shortest path at which it is mounted.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns a path of each of its file systems.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        [&self.path].into_iter().chain(&self.others).map(PathBuf::as_path)
    }
}

/// Returns each file system that may be on a disk once, by the shortest path that leads to it, the
/// shortest first.
fn file_systems(mounts: &[Mount]) -> Vec<&Mount> {
    let mut mounted: Vec<_> = mounts.iter().filter(|mount| backing::may_be_disk(mount)).collect();
    mounted.sort_by_key(|mount| (mount.path.as_os_str().len(), &mount.path));
    let mut known = HashSet::new();
    mounted.retain(|mount| {
        !known.contains(&mount.device) && !is_hidden(mount, mounts) && known.insert(mount.device)
    });
    mounted
}

/// Returns whether a later mount covers the path, so that it leads to another file system.
fn is_hidden(mount: &Mount, mounts: &[Mount]) -> bool {
    let (mut below, mut above) = (mount, mount);
    // The table comes from outside, so that parents might form a circle.
    for _ in mounts {
        let covers = |other: &Mount| {
            other.parent == below.number
                && ![above.number, below.number].contains(&other.number)
                && above.path.starts_with(&other.path)
        };
        if mounts.iter().any(covers) {
            return true;
        }
        let parent = mounts.iter().find(|parent| parent.number == below.parent);
        match parent.filter(|parent| parent.number != below.number) {
            Some(parent) => (above, below) = (below, parent),
            None => break,
        }
    }
    false
}

/// Parses a line such as `43 42 254:0 / /mnt/a\040b rw,relatime shared:1 - ext4 /dev/vda rw`.
fn mount(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|&byte| byte == b' ');
    let number = number(fields.next()?)?;
    let parent = self::number(fields.next()?)?;
    let device = device(fields.next()?)?;
    let path = path(fields.nth(1)?);
    let mut fields = fields.skip_while(|field| *field != b"-").skip(1);
    let kind = fields.next()?.to_vec();
    Some(Mount { number, parent, device, path, kind, source: self::path(fields.next()?) })
}

fn number(field: &[u8]) -> Option<u32> {
    str::from_utf8(field).ok()?.parse().ok()
}

fn device(field: &[u8]) -> Option<Device> {
    let colon = field.iter().position(|&byte| byte == b':')?;
    Some(Device(number(&field[..colon])?, number(&field[colon + 1..])?))
}

/// Decodes `\040` and the like.
fn path(mut field: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    while let [byte, rest @ ..] = field {
        let (byte, rest) = match field {
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', rest @ ..] => {
                ((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'), rest)
            }
            _ => (*byte, rest),
        };
        bytes.push(byte);
        field = rest;
    }
    OsStr::from_bytes(&bytes).into()
}

#[cfg(test)]
mod tests {
    use super::super::recorded::Recorded;
    use super::*;

    /// Returns the paths of each disk.
    fn paths(recorded: &Recorded, table: &str) -> Vec<String> {
        let disks = disks(recorded.text(FILE, table)).unwrap();
        let mut paths: Vec<_> = disks
            .iter()
            .map(|disk| {
                let paths = disk.paths().map(|path| path.to_string_lossy().into_owned());
                paths.collect::<Vec<_>>().join(" + ")
            })
            .collect();
        paths.sort();
        paths
    }

    /// A machine with a folder mounted twice more, an overlay, bindfs, lxcfs, btrfs of which a
    /// subvolume is mounted, all in a file, and a memory file system on top of it.
    const RECORDED: &str = r"
43 42 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
45 43 0:21 / /proc rw,relatime - proc proc rw
46 43 0:22 / /sys rw,relatime - sysfs sysfs rw
47 46 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
48 47 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
58 43 0:6 / /dev rw,relatime - devtmpfs devtmpfs rw,size=12334460k,nr_inodes=3083615,mode=755
59 58 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=24684084k
64 43 0:39 / /m/btrfs rw,relatime - btrfs /dev/loop0 rw,subvolid=5,subvol=/
65 43 0:39 /home /m/sub rw,relatime - btrfs /dev/loop0 rw,subvolid=256,subvol=/home
67 43 0:42 / /m/ov/at rw,relatime - overlay overlay rw,lowerdir=/m/ov/lo,upperdir=/m/ov/up
68 43 254:0 /m/src /m/bind rw,relatime - ext4 /dev/vda rw,discard
69 43 254:0 /m/src /m/a\040b rw,relatime - ext4 /dev/vda rw,discard
70 43 254:0 /etc/hosts /m/file/hosts rw,relatime - ext4 /dev/vda rw,discard
71 43 0:44 / /m/tmp rw,relatime - tmpfs tmpfs rw
72 43 0:45 / /m/fuse rw,nosuid,nodev,relatime - fuse /m/src rw,user_id=0,group_id=0,allow_other
73 64 0:46 / /m/btrfs rw,relatime - tmpfs over rw
75 43 0:49 / /var/lib/lxcfs rw,nosuid,nodev,relatime - fuse.lxcfs lxcfs rw,user_id=0,group_id=0
";

    /// A container of Docker: what is bound into it is on a disk of the machine.
    const CONTAINER: &str = r"
700 600 0:55 / / rw,relatime master:300 - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A
701 700 0:58 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
702 700 0:59 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755
710 700 259:2 /docker/c/resolv.conf /etc/resolv.conf rw,relatime - ext4 /dev/nvme0n1p2 rw
711 700 259:2 /docker/c/hostname /etc/hostname rw,relatime - ext4 /dev/nvme0n1p2 rw
712 700 259:2 /docker/c/hosts /etc/hosts rw,relatime - ext4 /dev/nvme0n1p2 rw
";

    /// A machine in which all is somewhere else.
    const ELSEWHERE: &str = r"
2 1 0:30 / / rw - virtiofs myfs rw
3 2 0:31 / /sshfs rw - fuse.sshfs me@host:/ rw
4 2 0:32 / /rclone rw - fuse.rclone drive: rw
5 2 0:33 / /merger rw - fuse.mergerfs a:b rw
6 2 0:34 / /9p rw - 9p share rw,trans=virtio
7 2 0:35 / /ceph rw - ceph 10.0.0.1:6789:/ rw
8 2 0:36 / /nfs rw - nfs4 host:/export rw
9 2 0:37 / /cifs rw - cifs //host/share rw
10 2 0:38 / /tmp rw - tmpfs tmpfs rw
11 2 7:3 / /snap/core/1 ro - squashfs /dev/loop3 ro
12 2 7:4 / /image rw - ext4 /dev/loop4 rw
13 2 252:0 / /ramdisk rw - ext4 /dev/zram0 rw
14 2 1:0 / /ram rw - ext2 /dev/ram0 rw
15 2 43:0 / /nbd rw - xfs /dev/nbd0 rw
16 2 11:0 / /cdrom ro - iso9660 /dev/sr0 ro
17 2 0:40 / /auto rw - autofs systemd-1 rw
18 2 0:41 / /ecrypt rw - ecryptfs /home/.secret rw
19 2 254:9 / /home/x rw - ext4 /dev/mapper/home-x rw
20 2 0:43 / /home/y rw - btrfs /dev/mapper/home-y rw
";

    /// A machine with disks of many kinds, some mounted twice.
    const DISKS: &str = r"
2 1 0:30 /root / rw - btrfs /dev/sda2 rw,subvol=/root
3 2 0:30 /home /home rw - btrfs /dev/sda2 rw,subvol=/home
4 2 8:1 / /boot/efi rw - vfat /dev/sda1 rw
5 2 8:33 / /media/usb rw - fuseblk /dev/sdc1 rw
6 2 254:1 / /data rw shared:9 master:2 - xfs /dev/mapper/vg-data rw
7 2 9:127 / /raid rw - ext4 /dev/md127 rw
8 2 0:50 / /tank rw - zfs tank rw
9 8 0:51 / /tank/a rw - zfs tank/a rw
10 2 0:52 / /b rw - zfs tank/b/c rw
11 2 0:53 / /srv rw - zfs tanker rw
12 2 0:54 / /many rw - bcachefs /dev/sdd:/dev/sde rw
13 2 31:3 / /flash rw - jffs2 mtd3 rw
14 2 0:55 / /flash2 rw - ubifs ubi0:root rw
15 2 254:1 /x /d rw - xfs /dev/mapper/vg-data rw
";

    #[test]
    fn each_disk_of_this_machine_is_found_once() {
        let recorded = Recorded::default();
        recorded.device("vda", (254, 0), &[]).device("loop0", (7, 0), &[]);
        for table in [RECORDED, &RECORDED.replace("loop0", "gone0")[..]] {
            let expected: &[_] = if table == RECORDED { &["/"] } else { &["/", "/m/sub"] };
            assert_eq!(paths(&recorded, table), expected);
        }
        assert_eq!(paths(&Recorded::default(), CONTAINER), ["/etc/hosts"]);

        let recorded = Recorded::default();
        recorded.device("zram0", (252, 0), &[]).device("nbd0", (43, 0), &[]);
        recorded.device("dm-9", (254, 9), &["dm-8"]).device("dm-8", (254, 8), &["loop9"]);
        recorded.device("dm-7", (254, 7), &["loop9p1"]).node("/dev/mapper/home-y", (254, 7));
        assert_eq!(paths(&recorded, ELSEWHERE), [""; 0]);

        let recorded = Recorded::default();
        recorded.device("dm-1", (254, 1), &["dm-0"]).device("dm-0", (254, 0), &["sda3"]);
        recorded.device("sda2", (8, 2), &[]).device("sdd", (8, 48), &[]);
        let expected = [
            "/",
            "/boot/efi",
            "/d",
            "/flash",
            "/flash2",
            "/many",
            "/media/usb",
            "/raid",
            "/srv",
            "/b + /tank + /tank/a",
        ];
        let mut expected = expected.map(str::to_owned);
        expected.sort();
        assert_eq!(paths(&recorded, DISKS), expected);
    }

    #[test]
    fn a_mount_that_is_covered_is_not_what_its_path_leads_to() {
        let cases: &[(&[&str], &[&str])] = &[
            (&["2 1 8:1 /", "3 2 8:2 /a"], &["/", "/a"]),
            // On itself.
            (&["2 1 8:1 /", "3 2 8:2 /a", "4 3 0:9 /a"], &["/"]),
            (&["2 1 8:1 /", "3 2 8:2 /a", "4 3 8:3 /a", "5 4 8:4 /a"], &["/", "/a"]),
            // On a folder above it, before and after.
            (&["2 1 8:1 /", "3 2 8:2 /a/b", "4 2 0:9 /a"], &["/"]),
            (&["2 1 8:1 /", "4 2 0:9 /a", "3 4 8:2 /a/b"], &["/", "/a/b"]),
            // On a mount above it.
            (&["2 1 8:1 /", "3 2 8:2 /a", "4 3 8:3 /a/b", "5 3 0:9 /a"], &["/"]),
            (&["2 2 8:9 /", "3 2 8:1 /", "4 3 8:2 /a"], &["/", "/a"]),
            // Names that begin alike are others.
            (&["2 1 8:1 /", "3 2 8:2 /ab", "4 2 0:9 /a"], &["/", "/ab"]),
            // The same file system is elsewhere, too.
            (&["2 1 8:1 /", "3 2 8:2 /a", "4 3 0:9 /a", "5 2 8:2 /long"], &["/", "/long"]),
            // No kernel tells of a circle.
            (&["2 3 8:1 /", "3 2 8:2 /a"], &["/"]),
        ];
        for (lines, expected) in cases {
            let line = |line: &&str| {
                let (numbers, path) = line.rsplit_once(' ').unwrap();
                format!("{numbers} / {path} rw - ext4 /dev/x rw\n")
            };
            let table: String = lines.iter().map(line).collect();
            assert_eq!(paths(&Recorded::default(), &table), *expected, "{table}");
        }
    }

    #[test]
    fn a_path_is_decoded_and_a_line_that_is_none_is_left_out() {
        let cases = [
            ("2 1 8:1 / /a\\040b\\011c\\134d\\012e rw - ext4 /dev/x rw", "/a b\tc\\d\ne"),
            ("2 1 8:1 / /\\04 rw shared:1 propagate_from:2 - ext4 /dev/x rw", "/\\04"),
            ("2 1 8:1 / /\\777\\400\\\\ rw - ext4 /dev/x rw", "/\\777\\400\\\\"),
            ("2 1 8:1 / / rw - ext4", ""),
            ("2 1 8:1 / / rw ext4 /dev/x rw", ""),
            ("2 1 8.1 / / rw - ext4 /dev/x rw", ""),
            ("2 x 8:1 / / rw - ext4 /dev/x rw", ""),
            ("2", ""),
        ];
        for (line, expected) in cases {
            let expected = Some(expected).filter(|path| !path.is_empty());
            assert_eq!(paths(&Recorded::default(), line), Vec::from_iter(expected), "{line}");
        }
        assert_eq!(path(b"/\\303\\251\\377").as_os_str().as_bytes(), b"/\xC3\xA9\xFF");
    }

    #[test]
    fn devices_that_are_made_of_each_other_end() {
        let recorded = Recorded::default();
        recorded.device("dm-0", (254, 0), &["dm-1"]).device("dm-1", (254, 1), &["dm-0"]);
        assert_eq!(paths(&recorded, "2 1 254:0 / / rw - ext4 /dev/dm-0 rw"), [""; 0]);
    }
}
