//! Measures at the scheduled times and puts the samples into the outbox.

use std::time::SystemTime;

use metric_proto::Sample;
use smol::Unblock;

use super::keys::{Keys, Metric};
use super::machine::{Machine, Reading};
use super::outbox::Outbox;
use super::queue::Measurement;
use super::schedule::{Due, Schedule};
use super::sleep;

/// The task that fills an outbox.
pub(super) struct Collector<'a, T> {
    pub(super) outbox: &'a Outbox,
    pub(super) machine: Unblock<Machine>,
    pub(super) keys: Keys,
    pub(super) schedule: Schedule,
    /// The number of rounds left; if `None`, it measures for ever.
    pub(super) rounds: Option<u64>,
    /// Called with each metric that has no key.
    pub(super) tell: T,
}

impl<T: FnMut(&Metric)> Collector<'_, T> {
    /// Measures until the last round.
    pub(super) async fn run(mut self) {
        sleep(Machine::FIRST_PAUSE).await;
        while self.rounds != Some(0) {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            match self.schedule.next(now) {
                Due::In(time) => sleep(time).await,
                Due::Now(timestamp) => {
                    let readings = self.machine.with_mut(Machine::measure).await;
                    self.put(&readings, timestamp);
                    self.rounds = self.rounds.map(|rounds| rounds - 1);
                }
            }
        }
    }

    fn put(&mut self, readings: &[Reading], timestamp: i64) {
        let Self { outbox, keys, tell, .. } = self;
        outbox.put(readings.iter().filter_map(|Reading { metric, value }| {
            let sample = Sample::new(*value, timestamp).ok()?;
            let key = keys.key(metric);
            if key.is_none() {
                tell(metric);
            }
            Some(Measurement { key: key?, sample })
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::super::host::LONGEST;
    use super::*;

    #[test]
    fn metrics_without_a_key_are_reported_and_those_without_a_value_are_not() {
        let outbox = Outbox::new(9);
        let mut told = Vec::new();
        let mut collector = Collector {
            outbox: &outbox,
            machine: Unblock::new(Machine::new(true).unwrap()),
            keys: Keys::new("x".repeat(LONGEST)),
            schedule: Schedule::new(1),
            rounds: None,
            tell: |metric: &_| told.push(Metric::to_string(metric)),
        };
        let interface = Metric::of_device("network_usage", OsStr::new("eth0"));
        let readings =
            [(Metric::of_all("cpu"), 1.5), (Metric::of_all("usage"), f64::NAN), (interface, 2.5)];
        collector.put(&readings.map(|(metric, value)| Reading { metric, value }), 7);
        let (_, queued) = outbox.window(9);
        let samples: Vec<_> = queued.iter().map(|measurement| measurement.sample).collect();
        assert_eq!(samples, [Sample::new(1.5, 7).unwrap()]);
        assert_eq!(told, ["network_usage.eth0"]);
    }
}
