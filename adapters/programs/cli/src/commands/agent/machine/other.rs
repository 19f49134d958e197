//! Systems other than Linux, by sysinfo.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::time::Instant;

use smol::future::or;
use sysinfo::{Disk, DiskRefreshKind, Disks, NetworkData, Networks, System};

use super::{
    Apart, CPU, DISK_USAGE, NETWORK_USAGE, Reading, Round, SHORTEST, USAGE, measure, percent,
};

/// What is measured of this machine, each part apart, since it may hang.
pub(crate) struct Machine {
    parts: [Apart<Vec<Reading>>; 4],
}

impl Machine {
    pub(crate) fn new() -> io::Result<Self> {
        let mut processors = System::new().map_err(io::Error::other)?;
        let mut memory = System::new().map_err(io::Error::other)?;
        let mut disks = Disks::new().map_err(io::Error::other)?;
        let mut networks = Networks::new_with_refreshed_list().map_err(io::Error::other)?;
        let mut loads_read = None;
        let mut read = Instant::now();
        let parts = [
            Apart::new("the load", CPU, move || Ok(cpu(&mut processors, &mut loads_read))),
            Apart::new("the memory", USAGE, move || Ok(usage(&mut memory).into_iter().collect())),
            Apart::new("a disk", DISK_USAGE, move || Ok(disk_usage(&mut disks))),
            Apart::new("the network", NETWORK_USAGE, move || {
                Ok(network_usage(&mut networks, &mut read))
            }),
        ];
        Ok(Self { parts })
    }

    /// Measures one round, and leaves out what this machine does not have. What has not responded
    /// when `enough` is ready is left out as well.
    pub(crate) async fn measure(&mut self, enough: impl Future<Output = ()>) -> Round {
        let mut round = Round::default();
        or(measure(&mut self.parts), enough).await;
        round.settle(&mut self.parts).await;
        round
    }
}

/// Returns the name of this machine.
pub(crate) fn host_name() -> String {
    System::host_name().unwrap_or_default()
}

fn cpu(system: &mut System, read: &mut Option<Instant>) -> Vec<Reading> {
    if read.is_some_and(|read| read.elapsed() < SHORTEST) {
        return Vec::new();
    }
    system.refresh_cpu_usage();
    *read = Some(Instant::now());
    let cpus = system.cpus();
    let all = (!cpus.is_empty()).then(|| system.global_cpu_usage());
    let all = all.and_then(in_range).map(|load| Reading::of_all(CPU, load));
    let each = cpus.iter().enumerate().filter_map(|(number, cpu)| {
        let load = in_range(cpu.usage())?;
        Some(Reading::of_device(CPU, OsStr::new(&number.to_string()), load))
    });
    all.into_iter().chain(each).collect()
}

fn in_range(percent: f32) -> Option<f64> {
    (0.0..=100.0).contains(&percent).then_some(percent.into())
}

fn usage(system: &mut System) -> Option<Reading> {
    system.refresh_memory();
    let share = percent(system.used_memory(), system.total_memory())?;
    Some(Reading::of_all(USAGE, share))
}

fn disk_usage(disks: &mut Disks) -> Vec<Reading> {
    disks.refresh_specifics(true, DiskRefreshKind::nothing().with_storage());
    let mounts = disks.iter().map(|disk| (name(disk), disk.mount_point(), disk));
    let disks = distinct(mounts);
    let sum =
        |of: fn(&Disk) -> u64| disks.values().map(|disk| of(disk)).fold(0, u64::saturating_add);
    let all = percent(sum(used), sum(Disk::total_space));
    let each = disks.iter().filter_map(|(path, disk)| {
        let share = percent(used(disk), disk.total_space())?;
        Some(Reading::of_device(DISK_USAGE, path.as_os_str(), share))
    });
    all.map(|share| Reading::of_all(DISK_USAGE, share)).into_iter().chain(each).collect()
}

fn network_usage(networks: &mut Networks, read: &mut Instant) -> Vec<Reading> {
    if read.elapsed() < SHORTEST {
        return Vec::new();
    }
    networks.refresh(true);
    let seconds = read.elapsed().as_secs_f64();
    *read = Instant::now();
    let outward = networks.iter().filter(|(_, data)| !is_loopback(data));
    let rates: BTreeMap<_, _> =
        outward.map(|(name, data)| (name, bytes(data) as f64 / seconds)).collect();
    let all = Reading::of_all(NETWORK_USAGE, rates.values().sum());
    let each =
        rates.iter().map(|(name, &rate)| Reading::of_device(NETWORK_USAGE, OsStr::new(name), rate));
    [all].into_iter().chain(each).collect()
}

/// Returns each file system once, by its shortest mount point.
fn distinct<'a, N: Ord, D>(
    mounts: impl IntoIterator<Item = (N, &'a Path, D)>,
) -> BTreeMap<&'a Path, D> {
    let mut shortest = BTreeMap::new();
    for (name, path, disk) in mounts {
        let length = path.as_os_str().len();
        match shortest.get(&name) {
            Some((known, _, _)) if *known <= (length, path) => {}
            _ => drop(shortest.insert(name, ((length, path), path, disk))),
        }
    }
    shortest.into_values().map(|(_, path, disk)| (path, disk)).collect()
}

/// Returns what identifies a file system that is mounted in several places.
fn name(disk: &Disk) -> (&OsStr, u64) {
    (disk.name(), disk.total_space())
}

fn used(disk: &Disk) -> u64 {
    disk.total_space().saturating_sub(disk.available_space())
}

fn bytes(interface: &NetworkData) -> u64 {
    interface.received().saturating_add(interface.transmitted())
}

fn is_loopback(interface: &NetworkData) -> bool {
    interface.ip_networks().iter().any(|network| network.addr.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_system_counts_once_by_its_shortest_path() {
        let mounts = [("a", "/run/netns"), ("b", "/b"), ("a", "/"), ("a", "/c"), ("b", "/a")];
        let mounts = mounts.map(|(name, path)| (name, Path::new(path), name));
        let expected = [("/", "a"), ("/a", "b")].map(|(path, name)| (Path::new(path), name));
        assert_eq!(distinct(mounts), BTreeMap::from(expected));
    }
}
