//! This machine: what is measured and how.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use sysinfo::{DiskRefreshKind, Disks, Error, NetworkData, Networks, System};

/// The metrics, named as in the protocol's original example.
pub(crate) const METRICS: [&str; 4] = ["cpu", "usage", "disk_usage", "network_usage"];

/// Reads the system's counters and remembers what they were.
pub(crate) struct Machine {
    system: System,
    disks: Disks,
    networks: Networks,
    /// When the interfaces' counters were read.
    read: Instant,
}

impl Machine {
    /// The load and the traffic are differences: the first round should come no sooner than this
    /// after [`new`](Self::new), or its load means nothing.
    pub(crate) const FIRST_PAUSE: Duration = sysinfo::MINIMUM_CPU_UPDATE_INTERVAL;

    pub(crate) fn new() -> Result<Self, Error> {
        let mut system = System::new()?;
        system.refresh_cpu_usage();
        let networks = Networks::new_with_refreshed_list()?;
        Ok(Self { system, disks: Disks::new()?, networks, read: Instant::now() })
    }

    /// Measures in the order of [`METRICS`]; what this machine does not know is `None`.
    pub(crate) fn measure(&mut self) -> [Option<f64>; METRICS.len()] {
        [self.cpu(), self.usage(), self.disk_usage(), self.network_usage()]
    }

    fn cpu(&mut self) -> Option<f64> {
        self.system.refresh_cpu_usage();
        let known = !self.system.cpus().is_empty();
        known.then(|| round(self.system.global_cpu_usage().into()))
    }

    fn usage(&mut self) -> Option<f64> {
        self.system.refresh_memory();
        percent(self.system.used_memory(), self.system.total_memory())
    }

    fn disk_usage(&mut self) -> Option<f64> {
        self.disks.refresh_specifics(true, DiskRefreshKind::nothing().with_storage());
        // One file system may be mounted in many places.
        let distinct: HashMap<_, _> = self
            .disks
            .iter()
            .map(|disk| ((disk.name(), disk.total_space()), disk.available_space()))
            .collect();
        let total = distinct.keys().map(|(_, total)| total).sum();
        let available = distinct.values().sum();
        percent(u64::saturating_sub(total, available), total)
    }

    fn network_usage(&mut self) -> Option<f64> {
        self.networks.refresh(true);
        let seconds = self.read.elapsed().as_secs_f64();
        self.read = Instant::now();
        let outward = self.networks.values().filter(|interface| !is_loopback(interface));
        let bytes: u64 = outward.map(|each| each.received() + each.transmitted()).sum();
        Some(round(bytes as f64 / seconds))
    }
}

fn is_loopback(interface: &NetworkData) -> bool {
    interface.ip_networks().iter().any(|network| network.addr.is_loopback())
}

fn percent(used: u64, total: u64) -> Option<f64> {
    (total > 0).then(|| round(used as f64 / total as f64 * 100.0))
}

/// More digits would be noise, and bytes on the wire.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn percents_are_of_something() {
        let cases = [
            (0, 0, None),
            (0, 3, Some(0.0)),
            (1, 3, Some(33.33)),
            (u64::MAX, u64::MAX, Some(100.0)),
        ];
        for (used, total, expected) in cases {
            assert_eq!(percent(used, total), expected, "{used} of {total}");
        }
    }

    #[test]
    fn what_this_machine_measures_is_in_range() {
        let mut machine = Machine::new().unwrap();
        thread::sleep(Machine::FIRST_PAUSE);
        let [cpu, usage, disk_usage, network_usage] = machine.measure();
        for share in [cpu, usage, disk_usage].into_iter().flatten() {
            assert!((0.0..=100.0).contains(&share), "{share}");
        }
        assert!(network_usage.is_some_and(|rate| rate >= 0.0 && rate.is_finite()));
    }
}
