//! Measures this machine: four metrics, and their parts by device.
//!
//! The systems differ in what they tell, so that each has its own `Machine`.

use std::ffi::OsStr;
use std::time::Duration;

use super::apart::Apart;
use super::keys::Metric;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

#[cfg(target_os = "linux")]
pub(super) use linux::{Machine, host_name};
#[cfg(not(target_os = "linux"))]
pub(super) use other::{Machine, host_name};

// The metrics, named as in the protocol's original example.
const CPU: &str = "cpu";
const USAGE: &str = "usage";
const DISK_USAGE: &str = "disk_usage";
const NETWORK_USAGE: &str = "network_usage";

/// The shortest time between two measurements. Load is a difference, which is meaningless over a shorter
/// time. So a round that begins right before the next one is due puts that off.
pub(super) const SHORTEST: Duration = Duration::from_millis(200);

/// A metric and its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading {
    pub(super) metric: Metric,
    pub(super) value: f64,
}

/// What one round of measuring gave.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) readings: Vec<Reading>,
    /// Lines for the user.
    pub(super) news: Vec<String>,
}

impl Reading {
    fn of_all(name: &'static str, value: f64) -> Self {
        Self { metric: Metric::of_all(name), value: round(value) }
    }

    fn of_device(name: &'static str, device: &OsStr, value: f64) -> Self {
        Self { metric: Metric::of_device(name, device), value: round(value) }
    }
}

impl Round {
    /// Adds what the parts have measured.
    async fn settle(&mut self, parts: &mut [Apart<Vec<Reading>>]) {
        for part in parts {
            self.readings.extend(part.settle(&mut self.news).await.unwrap_or_default());
        }
    }
}

/// Measures all parts at the same time.
async fn measure(parts: &mut [Apart<Vec<Reading>>]) {
    for part in &mut *parts {
        part.start().await;
    }
    for part in parts {
        part.finish().await;
    }
}

/// Returns the share of the whole from 0 to 100. `None` if there is no whole, or the part exceeds
/// it.
fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0 && part <= whole).then(|| part as f64 / whole as f64 * 100.0)
}

/// Rounds to hundredths. More digits would be noise.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) const METRICS: [&str; 4] = [CPU, USAGE, DISK_USAGE, NETWORK_USAGE];

    #[test]
    fn a_percentage_is_of_a_whole_above_zero_and_at_most_that() {
        let cases = [
            (0, 0, None),
            (0, 3, Some(0.0)),
            (1, 3, Some(33.33)),
            (3, 3, Some(100.0)),
            (4, 3, None),
            (u64::MAX, u64::MAX, Some(100.0)),
            (u64::MAX, 1, None),
            (u64::MAX - 1, u64::MAX, Some(100.0)),
        ];
        for (part, whole, expected) in cases {
            assert_eq!(percent(part, whole).map(round), expected, "{part} of {whole}");
        }
    }
}
