//! The memory in use, by `/proc/meminfo`.

use std::collections::HashMap;
use std::io;

use super::super::{Reading, USAGE, percent};
use super::files::Files;

pub(super) const FILE: &str = "/proc/meminfo";

/// Returns the share of memory in use.
pub(super) fn measure(files: &impl Files) -> io::Result<Vec<Reading>> {
    let text = files.read(FILE)?;
    let share = usage(&String::from_utf8_lossy(&text));
    Ok(share.map(|share| Reading::of_all(USAGE, share)).into_iter().collect())
}

fn usage(text: &str) -> Option<f64> {
    let amounts: HashMap<_, _> = text.lines().filter_map(amount).collect();
    let total = *amounts.get("MemTotal")?;
    let of_total = |available| percent(total.checked_sub(available?)?, total);
    of_total(amounts.get("MemAvailable").copied()).or_else(|| of_total(estimate(&amounts)))
}

/// Estimates what is available. Kernels before 3.14 do not tell, and in a container it may be told
/// of the host while all else is told of the container.
fn estimate(amounts: &HashMap<&str, u64>) -> Option<u64> {
    let optional = |name| amounts.get(name).copied().unwrap_or(0);
    let caches = ["Buffers", "Cached", "SReclaimable"].map(optional);
    let available = caches.into_iter().fold(*amounts.get("MemFree")?, u64::saturating_add);
    // These pages count as cached, but cannot be freed.
    Some(available.saturating_sub(optional("Shmem")))
}

/// Parses a line such as `MemTotal:       24684084 kB`.
fn amount(line: &str) -> Option<(&str, u64)> {
    let (name, amount) = line.split_once(':')?;
    Some((name, amount.split_whitespace().next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_what_is_not_available() {
        let cases = [
            ("MemTotal: 100 kB\nMemFree: 1 kB\nMemAvailable: 75 kB\n", Some(25.0)),
            ("MemTotal: 100 kB\nMemAvailable: 0 kB\n", Some(100.0)),
            ("MemTotal: 100 kB\nMemAvailable: 100 kB\n", Some(0.0)),
            // A container of which only the total is told, or all but what is available.
            ("MemTotal: 100 kB\nMemAvailable: 900 kB\n", None),
            ("MemTotal: 100 kB\nMemFree: 900 kB\nMemAvailable: 900 kB\n", None),
            ("MemTotal: 100 kB\nMemFree: 30 kB\nMemAvailable: 900 kB\nCached: 10 kB\n", Some(60.0)),
            // A kernel that does not tell what is available.
            ("MemTotal: 100 kB\nMemFree: 30 kB\n", Some(70.0)),
            (
                "MemTotal: 100 kB\nMemFree: 10 kB\nBuffers: 5 kB\nCached: 20 kB\nShmem: 8 kB\n\
                 SReclaimable: 3 kB\n",
                Some(70.0),
            ),
            ("MemTotal: 100 kB\nMemFree: 10 kB\nShmem: 50 kB\n", Some(100.0)),
            ("MemTotal: 0 kB\nMemFree: 0 kB\nMemAvailable: 0 kB\n", None),
            ("MemAvailable: 75 kB\n", None),
            ("MemTotal: 100 kB\n", None),
            ("MemTotal: 100 kB\nMemAvailable: -3 kB\n", None),
            ("MemTotal: 100 kB\nMemAvailable: kB\nMemFree: 50 kB\n", Some(50.0)),
            ("MemTotal 100 kB\nMemAvailable: 3\n", None),
            ("MemTotal: 100\nMemAvailable: 25", Some(75.0)),
            (
                "MemTotal: 18446744073709551615 kB\nMemFree: 18446744073709551615 kB\n\
                 Cached: 18446744073709551615 kB\n",
                Some(0.0),
            ),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(usage(text), expected, "{text:?}");
        }
    }
}
