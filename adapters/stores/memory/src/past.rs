//! What is older than the head of a series: sealed runs, one of which may be open.
//!
//! A sample that comes late opens its run, which stays open until another run is to be opened. So
//! to fill in or to replace what is old in its order costs little for each sample; to do so in no
//! order costs each sample the opening and sealing of a run, a few microseconds.

use std::collections::VecDeque;

use metric_proto::{Refused, Sample};

use crate::sealed::Sealed;
use crate::series::{Range, place_of};

/// Runs in the order of time; there is one at least whenever a sample is put.
#[derive(Debug, Default)]
pub(crate) struct Past {
    runs: VecDeque<Sealed>,
    /// How many samples of run 0 are gone, if it is sealed.
    evicted: usize,
    open: Option<Open>,
}

/// The samples that stand for those of a run.
#[derive(Debug)]
struct Open {
    run: usize,
    samples: Vec<Sample>,
}

impl Past {
    /// Seals samples that are newer than all runs. Cold, as is [`take`](Self::take), to be kept out of
    /// the code of most puts, which need neither.
    #[cold]
    pub(crate) fn push(&mut self, samples: &[Sample]) {
        self.runs.push_back(Sealed::new(samples));
    }

    /// Puts a sample where it belongs; says whether there is one more than before.
    #[cold]
    pub(crate) fn take(
        &mut self,
        sample: Sample,
        full: bool,
        length: usize,
    ) -> Result<bool, Refused> {
        let samples = &mut self.open(sample.timestamp(), length).samples;
        match place_of(sample, samples, samples.len()) {
            Ok(place) => samples[place] = sample,
            Err(0) if full => return Err(Refused::TooOld),
            Err(place) => {
                samples.insert(place, sample);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Drops the oldest sample.
    pub(crate) fn evict(&mut self) {
        let left = match &mut self.open {
            Some(Open { run: 0, samples }) => {
                samples.remove(0);
                samples.len()
            }
            _ => {
                self.evicted += 1;
                self.runs[0].len() - self.evicted
            }
        };
        if left == 0 {
            self.drop_run();
        }
    }

    /// The samples of each run that has some of a range.
    pub(crate) fn runs_within(&self, (next, last): Range) -> impl Iterator<Item = Vec<Sample>> {
        (self.run_of(next)..=self.run_of(last)).map(|run| self.samples(run))
    }

    fn samples(&self, run: usize) -> Vec<Sample> {
        match &self.open {
            Some(open) if open.run == run => open.samples.clone(),
            _ => self.unsealed(run),
        }
    }

    /// The oldest sample.
    pub(crate) fn first(&self) -> Option<Sample> {
        self.samples(0).first().copied()
    }

    /// The timestamp of the sample at or before `last`, less so many before it, or the least there
    /// is. Opens no more than two runs.
    pub(crate) fn back(&self, last: i64, mut skip: usize) -> i64 {
        let newest = self.run_of(last);
        for run in (0..=newest).rev() {
            let count = match run == newest {
                true => self.samples(run).partition_point(|sample| sample.timestamp() <= last),
                false => self.count(run),
            };
            match count.checked_sub(skip + 1) {
                Some(place) => return self.samples(run)[place].timestamp(),
                None => skip -= count,
            }
        }
        i64::MIN
    }

    /// How many samples a run has.
    fn count(&self, run: usize) -> usize {
        match &self.open {
            Some(open) if open.run == run => open.samples.len(),
            _ if run == 0 => self.runs[run].len() - self.evicted,
            _ => self.runs[run].len(),
        }
    }

    /// The run that a timestamp belongs to: the last that does not begin after it.
    fn run_of(&self, timestamp: i64) -> usize {
        self.runs.partition_point(|run| run.first() <= timestamp).saturating_sub(1)
    }

    fn unsealed(&self, run: usize) -> Vec<Sample> {
        let mut samples = self.runs[run].open();
        if run == 0 {
            samples.drain(..self.evicted);
        }
        samples
    }

    /// The run that a timestamp belongs to, open to be changed and with room for a sample.
    fn open(&mut self, timestamp: i64, length: usize) -> &mut Open {
        let run = self.run_of(timestamp);
        let open = match self.open.take() {
            Some(open) if open.run == run && open.samples.len() < 2 * length => open,
            other => {
                other.into_iter().for_each(|open| self.seal(open, length));
                let run = self.run_of(timestamp);
                Open { run, samples: self.unsealed(run) }
            }
        };
        self.evicted = if open.run == 0 { 0 } else { self.evicted };
        self.open.insert(open)
    }

    /// Seals what was open, as two runs if it has grown too much for one.
    fn seal(&mut self, Open { run, samples }: Open, length: usize) {
        let half = if samples.len() > length { samples.len() / 2 } else { samples.len() };
        let (older, newer) = samples.split_at(half);
        self.runs[run] = Sealed::new(older);
        if !newer.is_empty() {
            self.runs.insert(run + 1, Sealed::new(newer));
        }
    }

    /// Drops run 0, which is empty.
    fn drop_run(&mut self) {
        self.runs.pop_front();
        self.evicted = 0;
        self.open = self
            .open
            .take()
            .and_then(|open| Some(Open { run: open.run.checked_sub(1)?, samples: open.samples }));
    }
}
