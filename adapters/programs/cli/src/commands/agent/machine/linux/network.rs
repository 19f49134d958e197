//! The traffic of network interfaces, by `/proc/net/dev`.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::super::{NETWORK_USAGE, Reading};
use super::baseline::Baseline;
use super::files::Files;

pub(super) const FILE: &str = "/proc/net/dev";

/// The interfaces of the kernel.
const FOLDER: &str = "/sys/class/net";

/// The counters of the interfaces.
#[derive(Default)]
pub(super) struct Network(Baseline<Counters>);

type Counters = BTreeMap<OsString, Bytes>;

/// The number of bytes that an interface has moved.
#[derive(Clone, Copy)]
struct Bytes {
    received: u64,
    sent: u64,
}

impl Network {
    /// Returns the bytes per second since the last call, of interfaces that were there then as well.
    pub(super) fn measure(&mut self, files: &impl Files) -> io::Result<Vec<Reading>> {
        let text = files.read(FILE)?;
        let (time, counters) = (files.now(), parse(&text));
        let outer = outer(counters.keys(), files);
        let readings = self.0.advance(time, counters, |before, now, elapsed| {
            readings(&differences(before, now), &outer, elapsed.as_secs_f64())
        });
        Ok(readings.unwrap_or_default())
    }
}

/// Returns the traffic between two readings. Counters that were set back have none, since nobody
/// knows how far they had come.
fn differences<'a>(before: &Counters, now: &'a Counters) -> BTreeMap<&'a OsStr, u64> {
    let difference = |(name, now): (&'a OsString, &Bytes)| {
        let before = before.get(name)?;
        let received = now.received.checked_sub(before.received)?;
        let sent = now.sent.checked_sub(before.sent)?;
        Some((name.as_os_str(), received.saturating_add(sent)))
    };
    now.iter().filter_map(difference).collect()
}

fn readings(differences: &BTreeMap<&OsStr, u64>, outer: &[OsString], seconds: f64) -> Vec<Reading> {
    let of_outer: Vec<_> =
        outer.iter().filter_map(|name| differences.get(name.as_os_str())).collect();
    let is_known = outer.is_empty() || !of_outer.is_empty();
    let bytes = of_outer.into_iter().fold(0_u64, |sum, bytes| sum.saturating_add(*bytes));
    let rate = |bytes| bytes as f64 / seconds;
    let all = is_known.then(|| Reading::of_all(NETWORK_USAGE, rate(bytes)));
    let each = differences
        .iter()
        .map(|(name, bytes)| Reading::of_device(NETWORK_USAGE, name, rate(*bytes)));
    all.into_iter().chain(each).collect()
}

/// Returns the interfaces through which each byte passes once: those of hardware, and in a
/// container, which has none, those that are not made of others.
///
/// All others, such as bridges, bonds, VLANs, tunnels and the ends of containers, pass their bytes
/// on to these.
fn outer<'a>(names: impl Iterator<Item = &'a OsString>, files: &impl Files) -> Vec<OsString> {
    let is_lower = |entry: &OsString| entry.as_bytes().starts_with(b"lower_");
    let entries = names.map(|name| (name.clone(), files.list(&Path::new(FOLDER).join(name))));
    let mut outer: Vec<_> = entries.filter(|(_, entries)| !entries.iter().any(is_lower)).collect();
    let is_hardware =
        |(_, entries): &(OsString, Vec<OsString>)| entries.iter().any(|entry| entry == "device");
    if outer.iter().any(is_hardware) {
        outer.retain(is_hardware);
    }
    outer.into_iter().map(|(name, _)| name).collect()
}

fn parse(text: &[u8]) -> Counters {
    text.split(|&byte| byte == b'\n').filter_map(interface).collect()
}

/// Parses a line such as `  eth0: 958420424 47315 0 0 0 0 0 0 2714639 30666 0 0 0 0 0 0`. The
/// loopback interface is left out.
fn interface(line: &[u8]) -> Option<(OsString, Bytes)> {
    let colon = line.iter().rposition(|&byte| byte == b':')?;
    let (name, counters) = line.split_at(colon);
    let counters = str::from_utf8(&counters[1..]).ok()?;
    let mut counters = counters.split_whitespace().map(|counter| counter.parse().ok());
    let bytes = Bytes { received: counters.next()??, sent: counters.nth(7)?? };
    let name = name.trim_ascii();
    (name != b"lo").then(|| (OsStr::from_bytes(name).to_owned(), bytes))
}

#[cfg(test)]
mod tests {
    use super::super::recorded::Recorded;
    use super::*;

    /// Returns what one second between two texts has.
    fn traffic(recorded: &Recorded, before: &str, now: &str) -> Vec<String> {
        let (before, now) = (parse(before.as_bytes()), parse(now.as_bytes()));
        let readings = readings(&differences(&before, &now), &outer(now.keys(), recorded), 1.0);
        readings.iter().map(|reading| format!("{} {}", reading.metric, reading.value)).collect()
    }

    const HEAD: &str = "\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop
    lo: 162078820621 81827762    0  350    0     0          0         0 162078820621 81827762    0
";

    fn table(interfaces: &[(&str, u64, u64)]) -> String {
        let line = |(name, received, sent): &(&str, u64, u64)| {
            format!("{name:>6}: {received} 7 0 0 0 0 0 0 {sent} 8 0 0 0 0 0 0\n")
        };
        HEAD.to_owned() + &interfaces.iter().map(line).collect::<String>()
    }

    #[test]
    fn traffic_is_a_difference_between_counters_that_went_on() {
        let all = |bytes: u64| format!("network_usage {}", bytes as f64);
        let eth0 = |bytes: u64| format!("network_usage.eth0 {}", bytes as f64);
        let eth1 = |bytes: u64| format!("network_usage.eth1 {}", bytes as f64);
        let most = u64::MAX;
        let cases = [
            (vec![], vec![], vec![all(0)]),
            (vec![("eth0", 5, 6)], vec![("eth0", 5, 6)], vec![all(0), eth0(0)]),
            (vec![("eth0", 5, 6)], vec![("eth0", 7, 9)], vec![all(5), eth0(5)]),
            // Names of old kernels may have a colon.
            (
                vec![("eth0:1", 5, 6)],
                vec![("eth0:1", 7, 9)],
                vec![all(5), "network_usage.eth0:1 5".into()],
            ),
            // It was taken away, or renamed.
            (vec![("eth0", 5, 6)], vec![], vec![all(0)]),
            (vec![("eth0", 5, 6)], vec![("wan", 9, 9)], vec![]),
            (
                vec![("eth0", 5, 6), ("eth1", 0, 0)],
                vec![("wan", 9, 9), ("eth1", 1, 0)],
                vec![all(1), eth1(1)],
            ),
            // It appears.
            (vec![], vec![("eth0", 900, 900)], vec![]),
            (vec![("eth0", 1, 1)], vec![("eth0", 2, 2), ("eth1", 900, 900)], vec![all(2), eth0(2)]),
            // It was set back, or has wrapped around.
            (vec![("eth0", 5, 6)], vec![("eth0", 4, 9)], vec![]),
            (vec![("eth0", 5, 6)], vec![("eth0", 9, 5)], vec![]),
            (vec![("eth0", u64::from(u32::MAX), 6)], vec![("eth0", 9, 9)], vec![]),
            (
                vec![("eth0", 9, 6), ("eth1", 1, 1)],
                vec![("eth0", 0, 0), ("eth1", 2, 3)],
                vec![all(3), eth1(3)],
            ),
            (
                vec![("eth0", 0, 0), ("eth1", 0, 0)],
                vec![("eth0", most, most), ("eth1", most, most)],
                vec![all(most), eth0(most), eth1(most)],
            ),
        ];
        for (before, now, expected) in cases {
            let found = traffic(&Recorded::default(), &table(&before), &table(&now));
            assert_eq!(found, expected, "{before:?}, {now:?}");
        }
    }

    /// The names of interfaces, and what is in their folders.
    type Interfaces<'a> = &'a [(&'a str, &'a [&'a str])];

    #[test]
    fn a_byte_that_passes_several_interfaces_counts_once() {
        let hardware = ["device", "flags"];
        let cases: &[(Interfaces, u64)] = &[
            (&[("eth0", &hardware)], 1),
            (&[("eth0", &hardware), ("eth1", &hardware)], 2),
            // A bridge with the end of a container, a tunnel, a mirror.
            (
                &[
                    ("eth0", &hardware),
                    ("br0", &["lower_eth0", "lower_veth1"]),
                    ("veth1", &["upper_br0"]),
                ],
                1,
            ),
            (&[("eth0", &hardware), ("wg0", &[]), ("ifb0", &[]), ("tap0", &[])], 1),
            // Two devices that act as one, and a network on it.
            (
                &[
                    ("eth0", &["device", "upper_bond0"]),
                    ("eth1", &["device", "upper_bond0"]),
                    ("bond0", &["lower_eth0", "lower_eth1", "upper_bond0.7"]),
                    ("bond0.7", &["lower_bond0"]),
                ],
                2,
            ),
            // The ports of a switch, and a virtual function below the device that it belongs to.
            (
                &[
                    ("eth0", &hardware),
                    ("lan1", &["device", "lower_eth0"]),
                    ("lan2", &["device", "lower_eth0"]),
                ],
                1,
            ),
            // A container.
            (&[("eth0", &["flags"])], 1),
            (&[("eth0", &["flags"]), ("eth0.7", &["lower_eth0"])], 1),
            // A container that does not see the folder of interfaces.
            (&[("eth0", &[]), ("eth1", &[])], 2),
        ];
        for (interfaces, expected) in cases {
            let recorded = Recorded::default();
            for (name, entries) in *interfaces {
                recorded.folder(&format!("{FOLDER}/{name}"), entries);
            }
            let counters = |bytes| {
                let each = interfaces.iter().map(|(name, _)| (*name, bytes, 0));
                table(&each.collect::<Vec<_>>())
            };
            let found = traffic(&recorded, &counters(0), &counters(1));
            assert_eq!(found[0], format!("network_usage {expected}"), "{interfaces:?}");
            assert_eq!(found.len(), 1 + interfaces.len(), "{found:?}");
        }
    }

    #[test]
    fn the_first_reading_has_no_traffic() {
        let recorded = Recorded::default();
        recorded.text(FILE, table(&[("eth0", 5, 6)]));
        let mut network = Network::default();
        assert_eq!(network.measure(&recorded).unwrap(), []);
        assert_eq!(network.measure(&recorded).unwrap().len(), 2);
    }

    #[test]
    fn what_is_no_line_of_an_interface_is_left_out() {
        let cases = [
            "",
            "eth0",
            "eth0:",
            "eth0: 1 2 3",
            "eth0: x 0 0 0 0 0 0 0 9",
            "eth0: -1 0 0 0 0 0 0 0 9",
            "eth0: 1 0 0 0 0 0 0 0 99999999999999999999",
        ];
        for line in cases {
            assert!(parse(line.as_bytes()).is_empty(), "{line:?}");
        }
        let name = OsStr::from_bytes(b"\xFF0");
        assert!(parse(b"  \xFF0:1 0 0 0 0 0 0 0 9\n").contains_key(name));
    }
}
