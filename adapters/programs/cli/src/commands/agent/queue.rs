//! The samples that no server has confirmed yet, oldest first.

use std::collections::VecDeque;

use metric_proto::{Key, Sample};
use metric_smol::client::Answer;

/// A sample and the series it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Measurement {
    pub(super) key: Key<'static>,
    pub(super) sample: Sample,
}

/// What became of samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Stored by the server.
    pub(super) sent: u64,
    /// Refused by the server.
    pub(super) refused: u64,
    /// Given up to make room for newer ones.
    pub(super) dropped: u64,
    /// In the queue.
    pub(super) queued: usize,
}

/// A bounded queue that numbers its measurements, so that an answer meets the right one even if
/// that one has given way in the meantime.
#[derive(Debug)]
pub(super) struct Queue {
    measurements: VecDeque<Measurement>,
    capacity: usize,
    /// The number of the oldest measurement.
    first: u64,
    counts: Counts,
}

impl Queue {
    /// An empty queue; the capacity must not be 0.
    pub(super) fn new(capacity: usize) -> Self {
        let (measurements, counts) = (VecDeque::new(), Counts::default());
        Self { measurements, capacity, first: 0, counts }
    }

    /// Adds the newest measurement; if the queue is full, the oldest gives way.
    pub(super) fn put(&mut self, measurement: Measurement) {
        if self.measurements.len() >= self.capacity {
            self.remove_oldest();
            self.counts.dropped += 1;
        }
        self.measurements.push_back(measurement);
    }

    /// Takes note of the answer to the measurement of a number. Answers come oldest first.
    pub(super) fn answer(&mut self, number: u64, answer: Answer) {
        if number < self.first {
            // It was on its way when it gave way, and it has arrived after all.
            self.counts.dropped = self.counts.dropped.saturating_sub(1);
        } else {
            self.remove_oldest();
        }
        match answer {
            Answer::Stored => self.counts.sent += 1,
            Answer::Refused => self.counts.refused += 1,
        }
    }

    /// The number of the oldest measurement, and up to `limit` measurements from there on. They
    /// stay in the queue.
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
    fn a_full_queue_gives_up_its_oldest() {
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
    fn an_answer_to_what_gave_way_removes_nothing_else() {
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
