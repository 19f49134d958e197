//! Measures at the scheduled times and puts the samples into the outbox.

use std::time::{Duration, Instant, SystemTime};

use metric_proto::Sample;

use super::keys::Keys;
use super::machine::{Machine, Reading, SHORTEST};
use super::outbox::Outbox;
use super::queue::Measurement;
use super::report::Report;
use super::schedule::{Due, Schedule};
use super::sleep;

/// The task that fills an outbox.
pub(super) struct Collector<'a> {
    pub(super) outbox: &'a Outbox,
    pub(super) machine: Machine,
    pub(super) keys: Keys,
    pub(super) per_device: bool,
    pub(super) schedule: Schedule,
    /// The time after which a round goes on without what has not responded. It is shorter than the
    /// time between two rounds, so that what hangs costs no round.
    pub(super) patience: Duration,
    /// The number of rounds left; if `None`, it measures for ever.
    pub(super) rounds: Option<u64>,
    pub(super) report: &'a Report<'a>,
}

impl Collector<'_> {
    /// Measures until the last round.
    pub(super) async fn run(mut self) {
        // What is a difference needs an earlier measurement.
        self.measure().await;
        let mut measured = Instant::now();
        while self.rounds != Some(0) {
            sleep(SHORTEST.saturating_sub(measured.elapsed())).await;
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            match self.schedule.next(now) {
                Due::In(time) => sleep(time).await,
                Due::Now(timestamp) => {
                    let readings = self.measure().await;
                    measured = Instant::now();
                    self.put(&readings, timestamp);
                    self.rounds = self.rounds.map(|rounds| rounds - 1);
                }
            }
        }
    }

    async fn measure(&mut self) -> Vec<Reading> {
        let round = self.machine.measure(sleep(self.patience)).await;
        round.news.iter().for_each(|line| self.report.say(line));
        round.readings
    }

    fn put(&mut self, readings: &[Reading], timestamp: i64) {
        let Self { outbox, keys, per_device, report, .. } = self;
        let asked = readings.iter().filter(|reading| *per_device || !reading.metric.is_of_device());
        outbox.put(asked.filter_map(|Reading { metric, value }| {
            let sample = Sample::new(*value, timestamp).ok()?;
            let key = keys.key(metric);
            if key.is_none() {
                report.say_left_out(metric);
            }
            Some(Measurement { key: key?, sample })
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::super::host::LONGEST;
    use super::super::keys::Metric;
    use super::super::report::tests::lines;
    use super::*;

    #[test]
    fn metrics_without_a_key_are_reported_and_those_without_a_value_are_not() {
        for per_device in [false, true] {
            let outbox = Outbox::new(9);
            let told = lines(|report| {
                let mut collector = Collector {
                    outbox: &outbox,
                    machine: Machine::new().unwrap(),
                    keys: Keys::new("x".repeat(LONGEST)),
                    per_device,
                    schedule: Schedule::new(1),
                    patience: Duration::ZERO,
                    rounds: None,
                    report,
                };
                let interface = Metric::of_device("network_usage", OsStr::new("eth0"));
                let (cpu, usage) = (Metric::of_all("cpu"), Metric::of_all("usage"));
                let readings = [(cpu, 1.5), (usage, f64::NAN), (interface, 2.5)];
                let readings = readings.map(|(metric, value)| Reading { metric, value });
                collector.put(&readings, 7);
            });
            let (_, queued) = outbox.window(9);
            let samples: Vec<_> = queued.iter().map(|measurement| measurement.sample).collect();
            assert_eq!(samples, [Sample::new(1.5, 7).unwrap()]);
            assert_eq!(told.len(), usize::from(per_device), "{told:?}");
            assert!(told.iter().all(|line| line.starts_with("network_usage.eth0 is left out: ")));
        }
    }
}
