//! The space of the disks, each apart.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::super::{Apart, DISK_USAGE, Metric, Reading, percent};
use super::files::{Files, Space};
use super::mounts::{self, Disk};

/// The largest number of disks that are measured at a time. Each that hangs keeps a thread and its
/// place, so that messages and host names always find a thread.
const AT_A_TIME: usize = 64;

/// The disks, and what was measured of them.
pub(super) struct Disks<F> {
    files: F,
    table: Apart<Vec<Disk>>,
    /// The disks of this round.
    disks: Vec<Disk>,
    /// The space of these, and of others that hang.
    spaces: BTreeMap<Disk, Apart<Space>>,
}

impl<F: Files> Disks<F> {
    pub(super) fn new(files: F) -> Self {
        let table = Apart::new(mounts::FILE, DISK_USAGE, {
            let files = files.clone();
            move || mounts::disks(&files)
        });
        Self { files, table, disks: Vec::new(), spaces: BTreeMap::new() }
    }

    /// Measures the disks.
    pub(super) async fn measure(&mut self, news: &mut Vec<String>) {
        self.disks.clear();
        self.table.start().await;
        self.table.finish().await;
        let Some(disks) = self.table.settle(news).await else { return };
        self.disks = disks;
        self.forget(news).await;
        let hanging = self.spaces.values().filter(|space| space.is_measuring()).count();
        let Some(free @ 1..) = AT_A_TIME.checked_sub(hanging) else { return };
        for disks in self.disks.chunks(free) {
            for disk in disks {
                let apart = || apart(&self.files, disk);
                self.spaces.entry(disk.clone()).or_insert_with(apart).start().await;
            }
            for disk in disks {
                if let Some(space) = self.spaces.get_mut(disk) {
                    space.finish().await;
                }
            }
        }
    }

    /// Forgets disks that are no longer mounted, unless they hang.
    async fn forget(&mut self, news: &mut Vec<String>) {
        let Self { disks, spaces, .. } = self;
        for (_, space) in spaces.iter_mut().filter(|(disk, _)| !disks.contains(disk)) {
            space.leave(news).await;
        }
        spaces.retain(|disk, space| disks.contains(disk) || space.is_measuring());
    }

    /// Returns what was measured in this round.
    pub(super) async fn settle(&mut self, news: &mut Vec<String>) -> Vec<Reading> {
        // It is settled already, unless it hangs.
        self.table.settle(news).await;
        let mut spaces = Vec::new();
        for disk in &self.disks {
            let Some(apart) = self.spaces.get_mut(disk) else { continue };
            spaces.extend(apart.settle(news).await.map(|space| (disk.path(), space)));
        }
        readings(&spaces)
    }
}

fn apart(files: &impl Files, disk: &Disk) -> Apart<Space> {
    let source = Metric::of_device(DISK_USAGE, disk.path().as_os_str()).to_string();
    let (files, disk) = (files.clone(), disk.clone());
    Apart::new(source, "its space", move || space(&files, &disk))
}

fn space(files: &impl Files, disk: &Disk) -> io::Result<Space> {
    let mut spaces = disk.paths().map(|path| files.space(path));
    spaces.try_fold(Space::default(), |sum, space| Ok(sum.and(space?)))
}

fn readings(spaces: &[(&Path, Space)]) -> Vec<Reading> {
    let sum = |of: fn(&Space) -> u64| {
        spaces.iter().map(|(_, space)| of(space)).fold(0, u64::saturating_add)
    };
    let all = percent(sum(|space| space.used), sum(Space::total));
    let each = spaces.iter().filter_map(|(path, space)| {
        let share = percent(space.used, space.total())?;
        Some(Reading::of_device(DISK_USAGE, path.as_os_str(), share))
    });
    all.map(|share| Reading::of_all(DISK_USAGE, share)).into_iter().chain(each).collect()
}

#[cfg(test)]
mod tests {
    use smol::future::block_on;

    use super::super::recorded::Recorded;
    use super::*;

    fn usage(recorded: &Recorded, table: &str) -> Vec<String> {
        recorded.text(mounts::FILE, table);
        let mut disks = Disks::new(recorded.clone());
        let mut news = Vec::new();
        let readings = block_on(async {
            disks.measure(&mut news).await;
            disks.settle(&mut news).await
        });
        let texts = readings.iter().map(|reading| format!("{} {}", reading.metric, reading.value));
        texts.chain(news).collect()
    }

    #[test]
    fn views_of_a_disk_are_not_added_to_it() {
        let recorded = Recorded::default();
        let table = "\
2 1 8:1 / / rw - ext4 /dev/sda1 rw
3 2 0:40 / /overlay rw - overlay overlay rw
4 2 0:41 / /fuse rw - fuse.bindfs / rw
5 2 8:1 /home /a rw - ext4 /dev/sda1 rw
6 2 8:2 / /home rw - ext4 /dev/sda2 rw
";
        for path in ["/", "/overlay", "/fuse", "/a"] {
            recorded.space(path, 3955, 6045);
        }
        recorded.space("/home", 5000, 0);
        let expected = ["disk_usage 59.7", "disk_usage./ 39.55", "disk_usage./home 100"];
        assert_eq!(usage(&recorded, table), expected);
    }

    #[test]
    fn file_systems_of_a_pool_share_what_is_available() {
        let recorded = Recorded::default();
        let table = "2 1 0:40 / / rw - zfs p rw\n3 2 0:41 / /a rw - zfs p/a rw\n4 2 0:42 / /b rw - zfs p/b rw\n";
        recorded.space("/", 10, 60).space("/a", 10, 60).space("/b", 20, 30);
        assert_eq!(usage(&recorded, table), ["disk_usage 40", "disk_usage./ 40"]);
    }

    #[test]
    fn snapshots_of_a_pool_are_not_added_to_it() {
        let recorded = Recorded::default();
        let table = "\
2 1 0:40 / / rw - zfs p rw
3 2 0:41 / /a rw - zfs p/a rw
4 3 0:42 / /a/.zfs/snapshot/old ro - zfs p/a@old ro
";
        recorded.space("/", 10, 70).space("/a", 20, 70).space("/a/.zfs/snapshot/old", 19, 0);
        assert_eq!(usage(&recorded, table), ["disk_usage 30", "disk_usage./ 30"]);
    }

    #[test]
    fn a_disk_without_space_or_that_cannot_be_read_is_left_out() {
        let recorded = Recorded::default();
        let table = "2 1 8:1 / / rw - ext4 /dev/a rw\n3 2 8:2 / /b rw - ext4 /dev/b rw\n4 2 8:3 / /c rw - ext4 /dev/c rw\n";
        recorded.space("/", 1, 3).space("/b", 0, 0);
        let told =
            "disk_usage./c cannot be read: no such space; its space is left out until it can";
        assert_eq!(usage(&recorded, table), ["disk_usage 25", "disk_usage./ 25", told]);
        recorded.space("/c", u64::MAX, u64::MAX).space("/b", u64::MAX, 1);
        let expected =
            ["disk_usage 100", "disk_usage./ 25", "disk_usage./b 100", "disk_usage./c 100"];
        assert_eq!(usage(&recorded, table), expected);
        assert_eq!(usage(&recorded, ""), [""; 0]);
    }
}
