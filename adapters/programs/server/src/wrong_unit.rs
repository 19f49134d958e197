//! Noticing senders that count time in another unit than the server.

use std::ops::ControlFlow::{Break, Continue};

use metric_proto::{Position, Query, Scan, Series, Store};
use metric_query::TimeUnit;

/// How many series are looked at, at once.
const SERIES: usize = 256;

/// Looks at the newest samples of series, some at a time, until one seems to count another unit. These
/// are in memory, wherever the others are, so nothing is waited for.
#[derive(Debug)]
pub(crate) struct WrongUnit {
    unit: TimeUnit,
    /// Where the next look begins.
    from: Position,
    found: bool,
}

impl WrongUnit {
    pub(crate) const fn new(unit: TimeUnit) -> Self {
        Self { unit, from: Position::START, found: false }
    }

    /// Returns what to log, once.
    pub(crate) fn look(&mut self, store: &impl Store) -> Option<String> {
        if self.found {
            return None;
        }
        let (unit, mut query) = (self.unit, Query::all(Series::All));
        query.newest = 1;
        let (mut told, mut looked) = (None, 0);
        let end = store.scan(&query, self.from, |key, sample| {
            told = unit.mistaken(sample.timestamp()).map(|found| doubt(key.as_str(), found, unit));
            looked += 1;
            if told.is_none() && looked < SERIES { Continue(()) } else { Break(()) }
        });
        self.from = match end {
            Scan::Stopped(position) | Scan::NotYet(position) => position,
            Scan::Done | Scan::Refused => Position::START,
        };
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
    use metric_disk::{Directory, DiskStore, Settings};
    use metric_memory::{Layout, MemoryStore};
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

    #[test]
    fn a_series_whose_older_samples_must_be_waited_for_is_told_too() {
        let place = tempfile::tempdir().unwrap();
        let files = Directory::create(place.path()).unwrap();
        let mut settings = Settings::new(Layout::ONE_THREAD, 10, 100);
        settings.max_memory = 100_000;
        let (store, _) = DiskStore::open(files, settings).unwrap();
        store.keep().unwrap();
        let mut handle = store.handle();
        for (key, start) in [("a", 1_795_824_000_000), ("b", 1_795_824_000)] {
            for step in 0..20 {
                let sample = Sample::new(1.0, start + step).unwrap();
                handle.put(Key::new(key).unwrap(), sample).unwrap();
            }
        }
        assert!(store.flush(true).unwrap());
        // Nothing of it is in memory any more.
        for file in std::fs::read_dir(place.path()).unwrap().map(|file| file.unwrap().path()) {
            if file.extension().is_some_and(|end| end == "seg") {
                std::fs::File::options().write(true).open(file).unwrap().set_len(0).unwrap();
            }
        }
        assert!(matches!(handle.series(b"", |_, _| Continue(())), Scan::NotYet(_)));
        let told = WrongUnit::new(TimeUnit::Milliseconds).look(&handle);
        assert_eq!(told, Some(doubt("b", TimeUnit::Seconds, TimeUnit::Milliseconds)));
    }
}
