//! Noticing senders that count time in another unit than the server.

use std::ops::ControlFlow::{Break, Continue};

use metric_proto::Store;
use metric_query::TimeUnit;

/// How many series are looked at, at once.
const SERIES: usize = 256;

/// Looks at the newest samples of series, some at a time, until one seems to count another unit.
#[derive(Debug)]
pub(crate) struct WrongUnit {
    unit: TimeUnit,
    /// The key at which the next look begins.
    from: Vec<u8>,
    found: bool,
}

impl WrongUnit {
    pub(crate) const fn new(unit: TimeUnit) -> Self {
        Self { unit, from: Vec::new(), found: false }
    }

    /// Returns what to log, once.
    pub(crate) fn look(&mut self, store: &impl Store) -> Option<String> {
        if self.found {
            return None;
        }
        let (unit, from) = (self.unit, std::mem::take(&mut self.from));
        let (mut told, mut looked) = (None, 0);
        store.series(&from, |key, summary| {
            let timestamp = summary.last.timestamp();
            told = unit.mistaken(timestamp).map(|counted| doubt(key.as_str(), counted, unit));
            looked += 1;
            if told.is_none() && looked < SERIES {
                return Continue(());
            }
            self.from.extend_from_slice(key.as_str().as_bytes());
            Break(())
        });
        self.found = told.is_some();
        told
    }
}

fn doubt(key: &str, counted: TimeUnit, unit: TimeUnit) -> String {
    format!(
        "the timestamps of '{key}' seem to count {counted}, and those of this server count {unit}; \
         --time-unit says what they count, but Graphite's times are always in seconds"
    )
}

#[cfg(test)]
mod tests {
    use metric_memory::MemoryStore;
    use metric_proto::{Key, Sample};

    use super::*;

    #[test]
    fn a_series_of_another_unit_is_told_once_wherever_it_is() {
        let store = MemoryStore::new(10_000, 10);
        let put = |key: &str, timestamp| {
            let sample = Sample::new(1.0, timestamp).unwrap();
            (&mut &store).put(Key::new(key).unwrap(), sample).unwrap();
        };
        (0..2_500).for_each(|number| put(&format!("k{number}"), 1_795_824_000_000));
        let mut wrong = WrongUnit::new(TimeUnit::Milliseconds);
        assert_eq!([(); 12].map(|()| wrong.look(&&store)), [const { None }; 12]);
        put("z", 1_795_824_000);
        let told: Vec<_> = (0..20).filter_map(|_| wrong.look(&&store)).collect();
        assert_eq!(told, [doubt("z", TimeUnit::Seconds, TimeUnit::Milliseconds)]);
    }
}
