//! Measures what may hang apart from the rest.

use std::{io, mem};

use smol::future::poll_once;
use smol::{Task, unblock};

/// Measures once. It may block, even for ever.
type Measure<T> = Box<dyn FnMut() -> io::Result<T> + Send>;

/// A source of measurements, which are made on the thread pool, one at a time.
///
/// Each round calls [`start`](Self::start), [`finish`](Self::finish) and [`settle`](Self::settle);
/// a round whose time is up calls the last one only. A call that hangs holds a thread, and is not
/// waited for again.
pub(super) struct Apart<T> {
    /// What is measured, for messages.
    source: String,
    /// What is left out without it, for messages.
    share: &'static str,
    measure: Option<Measure<T>>,
    measuring: Option<Task<(Measure<T>, io::Result<T>)>>,
    measured: Option<io::Result<T>>,
    /// Whether the measurement is one of an earlier round.
    is_late: bool,
    told: State,
}

/// What is known of a source.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Working,
    Hanging,
    Failing,
}

impl<T: Send + 'static> Apart<T> {
    pub(super) fn new(
        source: impl Into<String>,
        share: &'static str,
        measure: impl FnMut() -> io::Result<T> + Send + 'static,
    ) -> Self {
        let measure = Some(Box::new(measure) as Measure<T>);
        let (measuring, measured, is_late) = (None, None, false);
        Self {
            source: source.into(),
            share,
            measure,
            measuring,
            measured,
            is_late,
            told: State::Working,
        }
    }

    /// Starts to measure, unless a measurement of an earlier round still hangs.
    pub(super) async fn start(&mut self) {
        self.poll().await;
        if let Some(mut measure) = self.measure.take() {
            self.is_late = false;
            self.measuring = Some(unblock(move || {
                let result = measure();
                (measure, result)
            }));
        }
    }

    /// Waits for the measurement of this round.
    pub(super) async fn finish(&mut self) {
        if !self.is_late
            && let Some(measuring) = &mut self.measuring
        {
            let (measure, result) = measuring.await;
            self.end(measure, result);
        }
    }

    /// Returns what was measured in this round. Adds a line to `news` if the source works no longer,
    /// or works again.
    ///
    /// This ends the round: a measurement that has not ended is late, also if the next round does
    /// not come to this source.
    pub(super) async fn settle(&mut self, news: &mut Vec<String>) -> Option<T> {
        self.poll().await;
        let is_measuring = self.is_measuring();
        self.is_late = is_measuring;
        let Self { source, share, measured, .. } = self;
        let (state, line, value) = match measured.take() {
            Some(Ok(value)) => (State::Working, format!("{source} responds again"), Some(value)),
            Some(Err(error)) => (
                State::Failing,
                format!("{source} cannot be read: {error}; {share} is left out until it can"),
                None,
            ),
            None if is_measuring => (
                State::Hanging,
                format!("{source} does not respond; {share} is left out until it does"),
                None,
            ),
            None => return None,
        };
        if mem::replace(&mut self.told, state) != state {
            news.push(line);
        }
        value
    }

    /// Tells that the source is gone, if it has been told not to work. Its measurement may still
    /// hang.
    #[cfg(target_os = "linux")]
    pub(super) async fn leave(&mut self, news: &mut Vec<String>) {
        self.poll().await;
        if mem::replace(&mut self.told, State::Working) != State::Working {
            news.push(format!("{} is gone", self.source));
        }
    }

    /// Returns whether a measurement has not ended.
    pub(super) const fn is_measuring(&self) -> bool {
        self.measuring.is_some()
    }

    async fn poll(&mut self) {
        if let Some(measuring) = &mut self.measuring
            && let Some((measure, result)) = poll_once(measuring).await
        {
            self.end(measure, result);
        }
    }

    fn end(&mut self, measure: Measure<T>, result: io::Result<T>) {
        self.measuring = None;
        self.measure = Some(measure);
        self.measured = Some(result).filter(|_| !self.is_late);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use smol::future::block_on;

    use super::*;

    const HANGS: &str = "/mnt does not respond; its part is left out until it does";
    const FAILS: &str = "/mnt cannot be read: no; its part is left out until it can";
    const WORKS: &str = "/mnt responds again";

    /// A source that returns what is sent to it, and hangs until then.
    fn source() -> (std::sync::mpsc::Sender<io::Result<u8>>, Apart<u8>) {
        let (sender, values) = channel();
        (sender, Apart::new("/mnt", "its part", move || values.recv().unwrap()))
    }

    async fn round(apart: &mut Apart<u8>, waits: bool) -> (Option<u8>, Vec<String>) {
        let mut news = Vec::new();
        apart.start().await;
        if waits {
            apart.finish().await;
        }
        (apart.settle(&mut news).await, news)
    }

    #[test]
    fn a_change_is_told_once() {
        let (values, mut apart) = source();
        let failure = || Err(io::Error::other("no"));
        let cases = [
            (Ok(1), Some(1), None),
            (failure(), None, Some(FAILS)),
            (failure(), None, None),
            (Ok(2), Some(2), Some(WORKS)),
            (Ok(3), Some(3), None),
        ];
        for (sent, expected, line) in cases {
            values.send(sent).unwrap();
            let (value, news) = block_on(round(&mut apart, true));
            assert_eq!((value, news.first().map(String::as_str)), (expected, line));
        }
    }

    #[test]
    fn a_source_that_hangs_costs_no_further_wait_and_its_late_value_is_dropped() {
        let (values, mut apart) = source();
        block_on(async {
            // Nothing is waited for, as if the time were up at once.
            assert_eq!(round(&mut apart, false).await, (None, vec![HANGS.to_owned()]));
            // This would wait for ever if it waited.
            assert_eq!(round(&mut apart, true).await, (None, vec![]));
            values.send(Ok(1)).unwrap();
            while apart.is_measuring() {
                apart.poll().await;
                smol::future::yield_now().await;
            }
            values.send(Ok(2)).unwrap();
            assert_eq!(round(&mut apart, true).await, (Some(2), vec![WORKS.to_owned()]));
        });
    }

    #[test]
    fn a_value_that_arrives_in_a_later_round_is_not_of_that_round() {
        // A round that ends early may not have come to the source.
        for (starts, finishes) in [(true, true), (true, false), (false, true), (false, false)] {
            let (values, mut apart) = source();
            let mut news = Vec::new();
            block_on(async {
                round(&mut apart, false).await;
                if starts {
                    apart.start().await;
                }
                values.send(Ok(1)).unwrap();
                while !apart.measuring.as_ref().unwrap().is_finished() {
                    smol::future::yield_now().await;
                }
                if finishes {
                    apart.finish().await;
                }
                assert_eq!(apart.settle(&mut news).await, None, "{starts}, {finishes}");
                values.send(Ok(2)).unwrap();
                assert_eq!(round(&mut apart, true).await, (Some(2), vec![WORKS.to_owned()]));
            });
            assert_eq!(news, [""; 0]);
        }
    }
}
