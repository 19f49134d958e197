//! The samples that the server has not confirmed yet, oldest first.

use std::collections::VecDeque;

use metric_proto::{Key, Sample};
use metric_smol::client::Answer;

use crate::time::Unit;

/// A sample, whose timestamp counts seconds, and its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Measurement {
    pub(super) key: Key<'static>,
    pub(super) sample: Sample,
}

impl Measurement {
    /// Returns the sample with a timestamp of another unit.
    pub(super) fn counted_in(self, unit: Unit) -> Sample {
        let seconds = u64::try_from(self.sample.timestamp()).unwrap_or_default();
        // The value is that of a sample.
        Sample::new(self.sample.value(), unit.of_seconds(seconds)).unwrap_or(self.sample)
    }
}

/// Counters of samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Stored by the server.
    pub(super) sent: u64,
    /// Refused by the server.
    pub(super) refused: u64,
    /// Dropped from a full queue.
    pub(super) dropped: u64,
    /// Waiting in the queue.
    pub(super) queued: usize,
}

/// A bounded queue that numbers its measurements, so that a reply is matched to the right one even
/// if that one was dropped in the meantime.
#[derive(Debug)]
pub(super) struct Queue {
    measurements: VecDeque<Measurement>,
    capacity: usize,
    /// The number of the oldest measurement.
    first: u64,
    counts: Counts,
}

impl Queue {
    /// Creates an empty queue. The capacity must not be 0.
    pub(super) fn new(capacity: usize) -> Self {
        let (measurements, counts) = (VecDeque::new(), Counts::default());
        Self { measurements, capacity, first: 0, counts }
    }

    /// Adds the newest measurement. If the queue is full, the oldest is dropped.
    pub(super) fn put(&mut self, measurement: Measurement) {
        if self.measurements.len() >= self.capacity {
            self.remove_oldest();
            self.counts.dropped += 1;
        }
        self.measurements.push_back(measurement);
    }

    /// Records the reply to the measurement with this number. Replies arrive oldest first.
    pub(super) fn answer(&mut self, number: u64, answer: Answer) {
        if number < self.first {
            // It was dropped after it was sent, and has arrived after all.
            self.counts.dropped = self.counts.dropped.saturating_sub(1);
        } else {
            self.remove_oldest();
        }
        match answer {
            Answer::Stored => self.counts.sent += 1,
            Answer::Refused => self.counts.refused += 1,
        }
    }

    /// Returns up to `limit` of the oldest measurements and the number of the first. They stay in
    /// the queue.
    pub(super) fn window(&self, limit: usize) -> (u64, Vec<Measurement>) {
        (self.first, self.measurements.iter().take(limit).copied().collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.measurements.is_empty()
    }

    pub(super) fn counts(&self) -> Counts {
        Counts { queued: self.measurements.len(), ..self.counts }
    }

    fn remove_oldest(&mut self) {
        self.measurements.pop_front();
        self.first += 1;
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn measurement(timestamp: i64) -> Measurement {
        let key = Key::new("palm.cpu").unwrap();
        Measurement { key, sample: Sample::new(23.7, timestamp).unwrap() }
    }

    fn queue(capacity: usize, timestamps: std::ops::Range<i64>) -> Queue {
        let mut queue = Queue::new(capacity);
        timestamps.for_each(|timestamp| queue.put(measurement(timestamp)));
        queue
    }

    fn timestamps(window: &[Measurement]) -> Vec<i64> {
        window.iter().map(|measurement| measurement.sample.timestamp()).collect()
    }

    #[test]
    fn a_full_queue_drops_its_oldest_measurement() {
        let queue = queue(3, 0..10);
        assert_eq!(queue.counts(), Counts { dropped: 7, queued: 3, ..Counts::default() });
        let (first, window) = queue.window(5);
        assert_eq!((first, timestamps(&window)), (7, vec![7, 8, 9]));
    }

    #[test]
    fn a_measurement_stays_until_it_is_answered() {
        let mut queue = queue(9, 0..3);
        assert_eq!(timestamps(&queue.window(2).1), [0, 1]);
        assert_eq!(timestamps(&queue.window(2).1), [0, 1]);
        queue.answer(0, Answer::Stored);
        queue.answer(1, Answer::Refused);
        assert_eq!(queue.window(2), (2, vec![measurement(2)]));
        queue.answer(2, Answer::Stored);
        assert!(queue.is_empty());
        assert_eq!(queue.counts(), Counts { sent: 2, refused: 1, ..Counts::default() });
    }

    #[test]
    fn a_reply_to_a_dropped_measurement_removes_no_other() {
        let mut queue = queue(2, 0..2);
        let (first, window) = queue.window(2);
        assert_eq!((first, window.len()), (0, 2));
        queue.put(measurement(2));
        assert_eq!(queue.counts().dropped, 1);
        queue.answer(0, Answer::Stored);
        assert_eq!(queue.counts(), Counts { sent: 1, queued: 2, ..Counts::default() });
        queue.answer(1, Answer::Stored);
        assert_eq!(queue.window(9), (2, vec![measurement(2)]));
    }
}
