//! Measures this machine.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::time::{Duration, Instant};

use sysinfo::{Disk, DiskRefreshKind, Disks, Error, NetworkData, Networks, System};

use super::keys::Metric;

// The metrics, named as in the protocol's original example.
const CPU: &str = "cpu";
const USAGE: &str = "usage";
const DISK_USAGE: &str = "disk_usage";
const NETWORK_USAGE: &str = "network_usage";

/// The system's counters at the last round.
pub(super) struct Machine {
    system: System,
    disks: Disks,
    networks: Networks,
    /// The time at which the counters of the interfaces were read.
    read: Instant,
    per_device: bool,
}

/// A metric and its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading {
    pub(super) metric: Metric,
    pub(super) value: f64,
}

impl Machine {
    /// The least time between [`new`](Self::new) and the first round. Load is a difference, which
    /// is meaningless over a shorter time.
    pub(super) const FIRST_PAUSE: Duration = sysinfo::MINIMUM_CPU_UPDATE_INTERVAL;

    pub(super) fn new(per_device: bool) -> Result<Self, Error> {
        let mut system = System::new()?;
        system.refresh_cpu_usage();
        let networks = Networks::new_with_refreshed_list()?;
        Ok(Self { system, disks: Disks::new()?, networks, read: Instant::now(), per_device })
    }

    /// Measures one round. Metrics that this machine does not have are left out.
    pub(super) fn measure(&mut self) -> Vec<Reading> {
        let mut readings = self.cpu();
        readings.extend(self.usage());
        readings.extend(self.disk_usage());
        readings.extend(self.network_usage());
        readings.retain(|reading| self.per_device || !reading.metric.is_of_device());
        readings
    }

    fn cpu(&mut self) -> Vec<Reading> {
        self.system.refresh_cpu_usage();
        let cpus = self.system.cpus();
        let all = (!cpus.is_empty()).then(|| of_all(CPU, self.system.global_cpu_usage().into()));
        let each = cpus.iter().enumerate().map(|(number, cpu)| {
            of_device(CPU, OsStr::new(&number.to_string()), cpu.usage().into())
        });
        all.into_iter().chain(each).collect()
    }

    fn usage(&mut self) -> Option<Reading> {
        self.system.refresh_memory();
        let share = percent(self.system.used_memory(), self.system.total_memory())?;
        Some(of_all(USAGE, share))
    }

    fn disk_usage(&mut self) -> Vec<Reading> {
        self.disks.refresh_specifics(true, DiskRefreshKind::nothing().with_storage());
        let mounts = self.disks.iter().map(|disk| (name(disk), disk.mount_point(), disk));
        let disks = distinct(mounts);
        let total = disks.values().map(|disk| disk.total_space()).sum();
        let all = percent(disks.values().map(|disk| used(disk)).sum(), total);
        let each = disks.iter().filter_map(|(path, disk)| {
            let share = percent(used(disk), disk.total_space())?;
            Some(of_device(DISK_USAGE, path.as_os_str(), share))
        });
        all.map(|share| of_all(DISK_USAGE, share)).into_iter().chain(each).collect()
    }

    fn network_usage(&mut self) -> Vec<Reading> {
        self.networks.refresh(true);
        let seconds = self.read.elapsed().as_secs_f64();
        self.read = Instant::now();
        let outward = self.networks.iter().filter(|(_, data)| !is_loopback(data));
        let rates: BTreeMap<_, _> =
            outward.map(|(name, data)| (name, bytes(data) as f64 / seconds)).collect();
        let all = of_all(NETWORK_USAGE, rates.values().sum());
        let each =
            rates.iter().map(|(name, &rate)| of_device(NETWORK_USAGE, OsStr::new(name), rate));
        [all].into_iter().chain(each).collect()
    }
}

fn of_all(name: &'static str, value: f64) -> Reading {
    Reading { metric: Metric::of_all(name), value: round(value) }
}

fn of_device(name: &'static str, device: &OsStr, value: f64) -> Reading {
    Reading { metric: Metric::of_device(name, device), value: round(value) }
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

fn percent(used: u64, total: u64) -> Option<f64> {
    (total > 0).then(|| used as f64 / total as f64 * 100.0)
}

/// Rounds to hundredths. More digits would be noise.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
pub(super) mod tests {
    use std::thread;

    use super::*;

    pub(crate) const METRICS: [&str; 4] = [CPU, USAGE, DISK_USAGE, NETWORK_USAGE];

    #[test]
    fn a_percentage_needs_a_total_above_zero() {
        let cases = [
            (0, 0, None),
            (0, 3, Some(0.0)),
            (1, 3, Some(33.33)),
            (u64::MAX, u64::MAX, Some(100.0)),
        ];
        for (used, total, expected) in cases {
            assert_eq!(percent(used, total).map(round), expected, "{used} of {total}");
        }
    }

    #[test]
    fn a_file_system_counts_once_by_its_shortest_path() {
        let mounts = [("a", "/run/netns"), ("b", "/b"), ("a", "/"), ("a", "/c"), ("b", "/a")];
        let mounts = mounts.map(|(name, path)| (name, Path::new(path), name));
        let expected = [("/", "a"), ("/a", "b")].map(|(path, name)| (Path::new(path), name));
        assert_eq!(distinct(mounts), BTreeMap::from(expected));
    }

    #[test]
    fn measured_values_are_in_range() {
        let mut machine = Machine::new(true).unwrap();
        thread::sleep(Machine::FIRST_PAUSE);
        for Reading { metric, value } in machine.measure() {
            let is_rate = metric.to_string().starts_with(NETWORK_USAGE);
            assert!((0.0..=if is_rate { f64::MAX } else { 100.0 }).contains(&value), "{metric}");
        }
    }

    #[test]
    fn devices_add_up_to_the_whole() {
        let mut machine = Machine::new(true).unwrap();
        let readings = machine.measure();
        let devices = |name: &str| -> Vec<String> {
            let metrics = readings.iter().map(|reading| reading.metric.to_string());
            metrics.filter(|metric| metric.starts_with(&format!("{name}."))).collect()
        };
        let cpus = (0..machine.system.cpus().len()).map(|number| format!("cpu.{number}"));
        assert_eq!(devices(CPU), Vec::from_iter(cpus));
        assert_eq!(devices(USAGE), [""; 0]);
        assert!(!devices(NETWORK_USAGE).contains(&"network_usage.lo".to_owned()));

        let of = |name: &str| {
            let metric = |reading: &&Reading| reading.metric.to_string().starts_with(name);
            readings.iter().filter(metric).map(|reading| reading.value).collect::<Vec<_>>()
        };
        if let [all, each @ ..] = &*of(NETWORK_USAGE) {
            // Each value is rounded.
            let error = (all - each.iter().sum::<f64>()).abs();
            assert!(error <= 0.005 * (each.len() + 1) as f64 + all * 1e-9, "{readings:?}");
        }
    }

    #[test]
    fn without_devices_each_metric_is_measured_once() {
        let readings = Machine::new(false).unwrap().measure();
        let metrics: Vec<_> = readings.iter().map(|reading| reading.metric.to_string()).collect();
        // Some machines report no disk.
        let known = METRICS.iter().filter(|name| metrics.iter().any(|metric| metric == *name));
        assert!(known.eq(&metrics), "{metrics:?}");
        assert!(metrics.len() >= 3, "{metrics:?}");
    }
}
