//! Measures when it is due and puts the rounds into the outbox, until a stop.

use std::time::SystemTime;

use metric_proto::{Key, Sample};

use crate::machine::Machine;
use crate::outbox::Outbox;
use crate::queue::Measurement;
use crate::schedule::{Due, Schedule};

/// The filling end of an outbox.
pub(crate) struct Collector {
    pub(crate) machine: Machine,
    /// The key of each metric.
    pub(crate) keys: Vec<Key<'static>>,
    pub(crate) schedule: Schedule,
    /// How many rounds to measure; `None` is for ever.
    pub(crate) rounds: Option<u64>,
}

impl Collector {
    /// Puts rounds into the outbox until a stop or the last round.
    pub(crate) fn run(mut self, outbox: &Outbox) {
        let mut stopped = outbox.wait_for_stop(Machine::FIRST_PAUSE);
        while !stopped && self.rounds != Some(0) {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            match self.schedule.next(now) {
                Due::In(time) => stopped = outbox.wait_for_stop(time),
                Due::Now(timestamp) => {
                    outbox.put(self.round(timestamp));
                    self.rounds = self.rounds.map(|rounds| rounds - 1);
                }
            }
        }
    }

    /// One round, without what this machine does not know.
    fn round(&mut self, timestamp: i64) -> Vec<Measurement> {
        let measured = self.keys.iter().zip(self.machine.measure());
        let known = measured.filter_map(|(&key, value)| {
            let sample = Sample::new(value?, timestamp).ok()?;
            Some(Measurement { key, sample })
        });
        known.collect()
    }
}
