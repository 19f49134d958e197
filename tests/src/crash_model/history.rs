//! What connections have changed, in the order in which the store did it.

use std::collections::{BTreeMap, BTreeSet};

/// The bits of values by key and timestamp.
pub type Rows = BTreeMap<(String, i64), u64>;

/// The changes since some state of a store.
#[derive(Clone, Debug)]
pub struct History {
    /// The maximum number of samples in each series.
    samples: usize,
    changes: Vec<Change>,
    /// What survives a kill.
    killed: Safe,
    /// What survives a power loss.
    powerless: Safe,
}

/// The number of changes that are promised, and the state after these.
#[derive(Clone, Debug, Default)]
struct Safe {
    changes: usize,
    rows: Rows,
}

#[derive(Clone, Debug)]
enum Change {
    Put(String, i64, u64),
    Remove(String),
}

impl History {
    /// Begins with an empty store.
    #[must_use]
    pub fn new(samples: usize) -> Self {
        let (killed, powerless) = Default::default();
        Self { samples, changes: Vec::new(), killed, powerless }
    }

    /// Notes that the store has a sample.
    pub fn put(&mut self, key: &str, timestamp: i64, value: f64) {
        self.changes.push(Change::Put(key.to_owned(), timestamp, value.to_bits()));
    }

    /// Returns the keys, timestamps and the bits of the values of all puts.
    #[must_use]
    pub fn all_put(&self) -> BTreeSet<(String, i64, u64)> {
        let put = |change: &Change| match change {
            Change::Put(key, timestamp, bits) => Some((key.clone(), *timestamp, *bits)),
            Change::Remove(_) => None,
        };
        self.changes.iter().filter_map(put).collect()
    }

    /// Notes that the store has removed a series.
    pub fn remove(&mut self, key: &str) {
        self.changes.push(Change::Remove(key.to_owned()));
    }

    /// Returns the number of changes until now.
    #[must_use]
    pub fn position(&self) -> usize {
        self.changes.len()
    }

    /// Notes that the changes up to a position survive a kill from now on.
    pub fn survives_kill(&mut self, position: usize) {
        self.killed.advance(&self.changes, position, self.samples);
    }

    /// Notes that the changes up to a position survive a power loss from now on.
    pub fn survives_power_loss(&mut self, position: usize) {
        self.powerless.advance(&self.changes, position, self.samples);
    }

    /// Returns the number of changes after which these are the rows, the largest one that may be: no
    /// promised change is missing.
    #[must_use]
    pub fn after_kill(&self, found: &Rows) -> Option<usize> {
        let mut safe = self.killed.clone();
        let positions = (safe.changes..=self.changes.len()).filter(|&position| {
            safe.advance(&self.changes, position, self.samples);
            safe.rows == *found
        });
        positions.last()
    }

    /// Goes on after a kill, with the changes that were found.
    pub fn go_on_after_kill(&mut self, position: usize) {
        self.changes.truncate(position);
        self.survives_kill(position);
    }

    /// Goes on with what was found after a power loss.
    pub fn go_on_after_power_loss(&mut self, found: Rows) {
        self.changes.clear();
        self.killed = Safe { changes: 0, rows: found };
        self.powerless = self.killed.clone();
    }

    /// Checks rows that were found after a power loss: all that is promised is there, unless a later
    /// change replaced or removed it, and of what is not promised there may be anything.
    ///
    /// # Errors
    ///
    /// What is wrong.
    pub fn check_power_loss(&self, found: &Rows) -> Result<(), String> {
        let Safe { changes, rows } = &self.powerless;
        let later = &self.changes[*changes..];
        for ((key, timestamp), bits) in found {
            let is_it = |change: &Change| matches!(change, Change::Put(k, t, b) if k == key && t == timestamp && b == bits);
            let row = (key.clone(), *timestamp);
            if rows.get(&row) != Some(bits) && !later.iter().any(is_it) {
                return Err(format!(
                    "{row:?} is {}, not {:?}",
                    value(bits),
                    rows.get(&row).map(value)
                ));
            }
        }
        for (row @ (key, timestamp), bits) in rows {
            let of_key = || found.range((key.clone(), i64::MIN)..=(key.clone(), i64::MAX));
            let is_evicted = of_key().count() >= self.samples
                && of_key().next().is_some_and(|((_, first), _)| timestamp < first);
            let is_removed = |change: &Change| matches!(change, Change::Remove(k) if k == key);
            if !found.contains_key(row) && !is_evicted && !later.iter().any(is_removed) {
                return Err(format!("{row:?} is missing, it was {}", value(bits)));
            }
        }
        Ok(())
    }

    /// Describes how rows differ from those that are promised after a kill.
    #[must_use]
    pub fn differs(&self, found: &Rows) -> String {
        let Safe { changes, rows } = &self.killed;
        let missing: Vec<_> = rows.iter().filter(|(row, _)| !found.contains_key(*row)).collect();
        let others: Vec<_> =
            found.iter().filter(|(row, bits)| rows.get(*row) != Some(bits)).collect();
        let later = &self.changes[*changes..];
        format!("missing {missing:?}, different or new {others:?}, not promised yet {later:?}")
    }
}

fn value(bits: &u64) -> f64 {
    f64::from_bits(*bits)
}

impl Safe {
    fn advance(&mut self, changes: &[Change], position: usize, samples: usize) {
        while self.changes < position {
            apply(&mut self.rows, &changes[self.changes], samples);
            self.changes += 1;
        }
    }
}

fn apply(rows: &mut Rows, change: &Change, samples: usize) {
    match change {
        Change::Remove(key) => rows.retain(|(other, _), _| other != key),
        Change::Put(key, timestamp, bits) => {
            rows.insert((key.clone(), *timestamp), *bits);
            let of_key = (key.clone(), i64::MIN)..=(key.clone(), i64::MAX);
            if rows.range(of_key.clone()).count() > samples {
                let oldest = rows.range(of_key).next().map(|(row, _)| row.clone());
                oldest.iter().for_each(|row| _ = rows.remove(row));
            }
        }
    }
}
