//! The keys of metrics.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt;
use std::fmt::Write;

use metric_proto::{Key, MAX_KEY};

use crate::key::fits;

/// A metric of the whole machine or of one of its devices.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Metric {
    name: &'static str,
    device: Option<String>,
}

impl Metric {
    pub(super) const fn of_all(name: &'static str) -> Self {
        Self { name, device: None }
    }

    /// Creates the metric of a device. Devices with different names have different keys.
    pub(super) fn of_device(name: &'static str, device: &OsStr) -> Self {
        Self { name, device: Some(escape(device)) }
    }

    pub(super) const fn is_of_device(&self) -> bool {
        self.device.is_some()
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.device.iter().try_for_each(|device| write!(f, ".{device}"))
    }
}

/// The largest number of devices of a kind that get keys. No machine has more of its own, but
/// containers keep adding interfaces with new names, and neither the server nor the agent ever
/// removes a key.
const DEVICES: usize = 256;

/// The keys of a host's metrics.
#[derive(Debug)]
pub(super) struct Keys {
    host: String,
    /// The keys so far. Their text is leaked, since queued samples refer to it until the program
    /// ends.
    known: HashMap<Metric, Key<'static>>,
}

impl Keys {
    pub(super) fn new(host: String) -> Self {
        Self { host, known: HashMap::new() }
    }

    /// Returns the key of a metric, the same each time. Returns `None` for a device beyond
    /// [`DEVICES`] and for a key that would be too long.
    pub(super) fn key(&mut self, metric: &Metric) -> Option<Key<'static>> {
        if let Some(&key) = self.known.get(metric) {
            return Some(key);
        }
        let text = format!("{}.{metric}", self.host);
        if text.len() > MAX_KEY || self.is_one_too_many(metric) {
            return None;
        }
        let key = Key::new(text.leak()).ok()?;
        self.known.insert(metric.clone(), key);
        Some(key)
    }

    fn is_one_too_many(&self, metric: &Metric) -> bool {
        let of_its_kind = |known: &&Metric| known.is_of_device() && known.name == metric.name;
        metric.is_of_device() && self.known.keys().filter(of_its_kind).count() >= DEVICES
    }
}

/// Percent-encodes `%` and characters that are not allowed in keys. Different names stay different.
fn escape(name: &OsStr) -> String {
    let mut text = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            if fits(c) && c != '%' {
                text.push(c);
            } else {
                escape_bytes(&mut text, c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        escape_bytes(&mut text, chunk.invalid());
    }
    text
}

fn escape_bytes(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "%{byte:02X}");
    }
}

#[cfg(test)]
mod tests {
    use super::super::host::LONGEST;
    use super::super::machine::tests::METRICS;
    use super::*;

    fn interface(name: &str) -> Metric {
        Metric::of_device("network_usage", OsStr::new(name))
    }

    #[test]
    fn keys_are_the_host_the_metric_and_the_device() {
        let mut keys = Keys::new("palm".to_owned());
        let mut text = |metric| keys.key(&metric).unwrap().as_str();
        let all = METRICS.map(|metric| text(Metric::of_all(metric)));
        assert_eq!(all, ["palm.cpu", "palm.usage", "palm.disk_usage", "palm.network_usage"]);
        assert_eq!(text(interface("eth0")), "palm.network_usage.eth0");
    }

    #[test]
    fn device_names_become_valid_and_distinct() {
        let cases = [
            ("/", "/"),
            ("/mnt/my disk", "/mnt/my%20disk"),
            ("/mnt/my%20disk", "/mnt/my%2520disk"),
            ("/mnt/a\tb\u{2028}c\0", "/mnt/a%09b%E2%80%A8c%00"),
            ("/Büro", "/Büro"),
            ("eth0.100@if7", "eth0.100@if7"),
            ("*", "*"),
        ];
        for (name, expected) in cases {
            assert_eq!(escape(OsStr::new(name)), expected);
            assert!(Keys::new("palm".to_owned()).key(&interface(name)).is_some(), "{name:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_not_utf8_becomes_valid() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(escape(OsStr::from_bytes(b"/mnt/\xFFa")), "/mnt/%FFa");
    }

    #[test]
    fn the_longest_host_leaves_room_for_every_metric() {
        let mut keys = Keys::new("x".repeat(LONGEST));
        assert!(METRICS.iter().all(|metric| keys.key(&Metric::of_all(metric)).is_some()));
        assert_eq!(keys.key(&interface("eth0")), None);
    }

    #[test]
    fn devices_beyond_the_bound_are_left_out_and_known_ones_stay() {
        let mut keys = Keys::new("palm".to_owned());
        let interfaces: Vec<_> =
            (0..300).map(|number| interface(&format!("veth{number}"))).collect();
        for _ in 0..2 {
            let known = |number: &usize| keys.key(&interfaces[*number]).is_some();
            assert!((0..300).filter(known).eq(0..DEVICES));
        }
        assert!(keys.key(&Metric::of_device("cpu", OsStr::new("0"))).is_some());
        assert!(keys.key(&Metric::of_all("network_usage")).is_some());
    }
}
