//! What is seen of a run, and the rules that it must obey:
//!
//! - a put is answered with `ok` only if the engine has stored it, or a later one of its round in its place;
//! - a put that is refused is never stored;
//! - what may still be done is not sent again;
//! - the reads and writes of each sample could have happened one after the other, so the last write wins, and
//!   nothing is lost or read that was not written. A put that is sent again, since its master has ended the
//!   connection, may happen several times before its reply;
//! - a listing shows what gets of its keys show.
//!
//! A master may fail with writes that its replica lacks. Then the fourth rule does not hold, but the others do.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::simulated::history::{Operation, judge};

/// A key, a timestamp and a value, of which there is no other.
pub(crate) type Put = (String, i64, u64);

/// More than any value.
const REPEATED: u64 = 1_000_000;

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    /// The puts of the commands that are not answered, by connections.
    sent: BTreeMap<usize, VecDeque<Vec<Put>>>,
    /// When each put was stored: more than once if it was sent again.
    stored: BTreeMap<Put, Vec<u64>>,
    refused: BTreeSet<Put>,
    histories: BTreeMap<(String, i64), Vec<Operation>>,
    clock: u64,
    wrong: Vec<String>,
    pub(crate) told: Told,
}

/// How often clients were told what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) ok: usize,
    pub(crate) refused: usize,
    pub(crate) nothing: usize,
}

impl Witness {
    /// Sees commands that have come over a connection.
    pub(crate) fn sees(&mut self, connection: usize, commands: &[Vec<Vec<u8>>]) {
        for command in commands {
            let puts = puts(command);
            for put in &puts {
                if self.sent.values().flatten().flatten().any(|sent| sent == put) {
                    self.wrong.push(format!("{put:?} was sent again, and may be done twice"));
                }
            }
            self.sent.entry(connection).or_default().push_back(puts);
        }
    }

    /// Sees that all but the last commands of a connection are answered, or will not be done any more.
    pub(crate) fn is_told(&mut self, connection: usize, left: usize) {
        let sent = self.sent.entry(connection).or_default();
        sent.drain(..sent.len().saturating_sub(left));
    }

    pub(crate) fn stores(&mut self, command: &[Vec<u8>]) {
        for put in puts(command) {
            let now = self.now();
            self.stored.entry(put).or_default().push(now);
        }
    }

    pub(crate) fn now(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// Takes what a client was told of a put, and the put of its round that comes in its place.
    pub(crate) fn put(&mut self, (put, last): (&Put, &Put), began: u64, is_stored: Option<bool>) {
        let ended = if is_stored.is_some() { self.now() } else { u64::MAX };
        match is_stored {
            Some(true) if !self.stored.contains_key(last) => {
                self.wrong.push(format!("{put:?} was answered, but {last:?} is not stored"));
            }
            Some(true) => self.told.ok += 1,
            Some(false) => {
                self.told.refused += 1;
                self.refused.insert(put.clone());
                return;
            }
            None => self.told.nothing += 1,
        }
        let operation = Operation { is_write: true, value: put.2, began, ended };
        self.histories.entry((put.0.clone(), put.1)).or_default().push(operation);
    }

    /// Takes what a client was told of a key: the values by their timestamps.
    pub(crate) fn get(&mut self, key: &str, values: &BTreeMap<i64, u64>, times: i64, began: u64) {
        let ended = self.now();
        for time in 0..times {
            let value = values.get(&time).copied().unwrap_or(0);
            let operation = Operation { is_write: false, value, began, ended };
            self.histories.entry((key.to_owned(), time)).or_default().push(operation);
        }
    }

    pub(crate) fn differs(&mut self, what: String) {
        self.wrong.push(what);
    }

    /// Returns what was wrong.
    pub(crate) fn verdict(&self, is_lossy: bool) -> Result<(), String> {
        if let Some(wrong) = self.wrong.first() {
            return Err(wrong.clone());
        }
        if let Some(put) = self.refused.iter().find(|put| self.stored.contains_key(*put)) {
            return Err(format!("{put:?} was refused, and is stored"));
        }
        for (sample, history) in self.histories.iter().filter(|_| !is_lossy) {
            let history = self.with_repeats(sample, history);
            judge(&history).map_err(|wrong| format!("{sample:?}: {wrong}: {history:?}"))?;
        }
        Ok(())
    }

    /// Makes each time that a put was stored a write of its own, with a value of its own, before its reply. What
    /// is read tells which one it is, unless a write of the same value is stored meanwhile.
    fn with_repeats(&self, (key, time): &(String, i64), history: &[Operation]) -> Vec<Operation> {
        let mut all = Vec::new();
        for &operation in history {
            let put = (key.clone(), *time, operation.value);
            let times = self.stored.get(&put).map_or(&[][..], |times| times);
            let before = |moment: u64| times.iter().filter(|time| **time < moment).count();
            let numbered = |number| Operation {
                value: operation.value + REPEATED * number as u64,
                ..operation
            };
            match (operation.is_write, before(operation.began), before(operation.ended)) {
                (true, ..) => all.extend((0..times.len().max(1)).map(numbered)),
                (false, began, ended) if began == ended => {
                    all.push(numbered(began.saturating_sub(1)));
                }
                _ => {}
            }
        }
        all
    }
}

/// Returns the puts of a command.
fn puts(command: &[Vec<u8>]) -> Vec<Put> {
    if command[0] != b"HSET" {
        return Vec::new();
    }
    let name = String::from_utf8_lossy(&command[1]);
    let key = name.split_once("}h").expect("it is a head").1;
    let put = |pair: &[Vec<u8>]| {
        let [time, value] = [&pair[0], &pair[1]].map(|text| String::from_utf8_lossy(text));
        Some((key.to_owned(), time.parse().ok()?, value.parse::<f64>().ok()? as u64))
    };
    command[2..].chunks(2).filter_map(put).collect()
}
