//! Puts that are sent together.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use metric_proto::{Key, Lost, Refused, Sample};
use redis::Cmd;

use crate::command::{Group, Names};
use crate::counters::add;
use crate::engine::Engine;
use crate::job::{Failure, Outcome};
use crate::layout::MADE;
use crate::reply::number;
use crate::route::Purpose;

/// The most puts of a round, and so of a command: a script that seals them has room for as many.
const MOST: usize = 512;

/// Puts that were asked for, and then what became of them.
#[derive(Debug, Default)]
pub(crate) struct Round {
    keys: Vec<u8>,
    /// Where the key of each ends, and the sample.
    puts: Vec<(usize, Sample)>,
    outcomes: Vec<Result<(), Refused>>,
    /// How many outcomes were told.
    told: usize,
    /// Whether the only put was asked for, but not announced.
    is_asked: bool,
}

impl Round {
    pub(crate) fn is_due(&self) -> bool {
        self.outcomes.is_empty() && !self.puts.is_empty()
    }

    /// Returns what became of a put, if it was the next one.
    pub(crate) fn tell(&mut self, key: Key<'_>, sample: Sample) -> Option<Result<(), Refused>> {
        let outcome = *self.outcomes.get(self.told)?;
        if !self.is(self.told, key, sample) {
            return None;
        }
        self.told += 1;
        if self.told == self.outcomes.len() {
            self.clear();
        }
        Some(outcome)
    }

    /// Takes a put that was not announced.
    pub(crate) fn ask(&mut self, key: Key<'_>, sample: Sample) {
        self.clear();
        self.add(key, sample);
        self.is_asked = true;
    }

    /// Takes a put that is announced. Returns whether there is room for more.
    pub(crate) fn announce(&mut self, key: Key<'_>, sample: Sample) -> bool {
        if !self.is_asked || !self.is(0, key, sample) {
            self.add(key, sample);
        }
        self.is_asked = false;
        self.puts.len() < MOST
    }

    /// Gives its memory back, too, since its connection may be idle from then on.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn add(&mut self, key: Key<'_>, sample: Sample) {
        self.keys.extend_from_slice(key.as_bytes());
        self.puts.push((self.keys.len(), sample));
    }

    fn key(&self, number: usize) -> &[u8] {
        let begin = number.checked_sub(1).map_or(0, |before| self.puts[before].0);
        &self.keys[begin..self.puts[number].0]
    }

    fn is(&self, number: usize, key: Key<'_>, sample: Sample) -> bool {
        self.puts.get(number).is_some_and(|(_, put)| *put == sample)
            && self.key(number) == key.as_bytes()
    }

    /// Stores the samples, and notes what became of each.
    ///
    /// # Errors
    ///
    /// [`Lost`] if that is unknown of any.
    pub(crate) async fn flush(&mut self, engine: &Engine) -> Result<(), Lost> {
        let outcomes = self.store(engine).await;
        let refused =
            outcomes.as_ref().map(|refused| refused.iter().filter(|put| put.is_err()).count());
        let tally = &engine.tally;
        match refused {
            Ok(refused) => {
                add(&tally.stored, self.puts.len() - refused);
                add(&tally.refused, refused);
            }
            Err(Lost) => add(&tally.unknown, self.puts.len()),
        }
        self.outcomes = outcomes?;
        Ok(())
    }

    async fn store(&self, engine: &Engine) -> Result<Vec<Result<(), Refused>>, Lost> {
        let all = self.by_series(&engine.hasher);
        let breaks = engine.routes.breaks();
        let known = engine.known().knows(all.iter().map(|series| series.hash));
        let groups =
            all.iter().zip(&known).map(|(series, &known)| series.group(self, engine, known));
        let replies = engine.run(groups.collect(), Purpose::Write).await;
        let mut outcomes = vec![Ok(()); self.puts.len()];
        let mut made = Vec::new();
        for ((series, is_known), reply) in all.iter().zip(known).zip(replies) {
            match outcome(reply, is_known) {
                Stored::Yes(added) if is_known && added > series.last.len() as i64 => {
                    made.push(series);
                }
                Stored::Yes(_) => {}
                Stored::No(why) => {
                    engine.tell("refuses a put", &why);
                    series.all.iter().for_each(|&put| outcomes[put] = Err(Refused::Unavailable));
                }
                Stored::Unknown(why) => return Err(engine.lose(&why)),
            }
        }
        self.index(&made, engine).await?;
        // What was known of an engine before a failover may not be so any more.
        if engine.routes.breaks() != breaks {
            engine.known().clear();
            return Ok(outcomes);
        }
        let stored =
            all.iter().filter(|series| series.all.iter().all(|&put| outcomes[put].is_ok()));
        for series in stored {
            let is_due = engine.known().count(series, engine.settings.seal_at);
            if is_due {
                engine.seal_later(series.key);
            }
        }
        Ok(outcomes)
    }

    /// Adds series to the index that were known, but had been removed by another server meanwhile.
    async fn index(&self, made: &[&Series<'_>], engine: &Engine) -> Result<(), Lost> {
        let prefix = &engine.settings.prefix;
        let groups = made.iter().map(|series| {
            let names = Names::new(prefix, series.key);
            Group::new(names.part, vec![names.add()])
        });
        let replies = engine.run(groups.collect(), Purpose::Write).await;
        match replies.into_iter().find_map(Result::err) {
            None => Ok(()),
            Some(Failure::Refused { why, .. } | Failure::Unknown(why)) => Err(engine.lose(&why)),
        }
    }

    /// Groups the puts by series. Of each timestamp only the last is stored, so that their order within the
    /// round does not matter.
    fn by_series(&self, hasher: &RandomState) -> Vec<Series<'_>> {
        let mut places: HashMap<&[u8], usize, RandomState> = HashMap::with_hasher(hasher.clone());
        let mut all: Vec<Series<'_>> = Vec::new();
        for number in 0..self.puts.len() {
            let key = self.key(number);
            let place = *places.entry(key).or_insert_with(|| {
                all.push(Series { key, hash: hasher.hash_one(key), all: vec![], last: vec![] });
                all.len() - 1
            });
            all[place].all.push(number);
        }
        all.iter_mut().for_each(|series| series.find_last(&self.puts));
        all
    }
}

/// The puts of a series.
#[derive(Debug)]
struct Series<'a> {
    key: &'a [u8],
    hash: u64,
    all: Vec<usize>,
    /// The last put of each timestamp.
    last: Vec<usize>,
}

impl Series<'_> {
    fn find_last(&mut self, puts: &[(usize, Sample)]) {
        let time = |put: &usize| puts[*put].1.timestamp();
        self.last.clone_from(&self.all);
        // Stable, so that of one timestamp the last put stays last.
        self.last.sort_by_key(time);
        self.last.reverse();
        self.last.dedup_by_key(|put| time(put));
    }

    /// A series that may be new is added to the index first: then a refused put leaves at most a key without
    /// samples, which is not shown. It is added again behind that, since it may have been removed meanwhile.
    fn group(&self, round: &Round, engine: &Engine, is_known: bool) -> Group {
        let names = Names::new(&engine.settings.prefix, self.key);
        let mut put = names.put();
        put.arg(MADE).arg(1);
        for &number in &self.last {
            add_sample(&mut put, round.puts[number].1);
        }
        let commands = if is_known { vec![put] } else { vec![names.add(), put, names.add()] };
        Group::new(names.part, commands).with_deed(usize::from(!is_known))
    }
}

fn add_sample(put: &mut Cmd, sample: Sample) {
    put.arg(sample.timestamp()).arg(zmij::Buffer::new().format_finite(sample.value()).as_bytes());
}

/// What became of the put in a group.
enum Stored {
    /// With how many new fields.
    Yes(i64),
    No(String),
    Unknown(String),
}

fn outcome(outcome: Outcome, is_known: bool) -> Stored {
    let place = usize::from(!is_known);
    match outcome {
        Ok(replies) => Stored::Yes(replies.get(place).map_or(0, number)),
        Err(Failure::Refused { done, why }) if done <= place => Stored::No(why),
        Err(Failure::Refused { why, .. } | Failure::Unknown(why)) => Stored::Unknown(why),
    }
}

/// The series that were put before, by their hashes, and how often since they were sealed last. It only saves
/// commands: a series of which it is wrongly known is found out by the reply to its put.
#[derive(Debug, Default)]
pub(crate) struct Known(HashMap<u64, u32, foldhash::fast::FixedState>);

impl Known {
    /// The most series. It takes 24 MiB then.
    const MOST: usize = 1 << 20;

    fn knows(&self, hashes: impl Iterator<Item = u64>) -> Vec<bool> {
        hashes.map(|hash| self.0.contains_key(&hash)).collect()
    }

    /// Counts puts of a series. Returns whether it is to be sealed.
    fn count(&mut self, Series { hash, last, .. }: &Series<'_>, seal_at: usize) -> bool {
        if self.0.len() >= Self::MOST && !self.0.contains_key(hash) {
            self.0.clear();
        }
        let count = self.0.entry(*hash).or_default();
        *count = count.saturating_add(last.len() as u32);
        let is_due = *count as usize >= seal_at;
        if is_due {
            *count = 0;
        }
        is_due
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}
