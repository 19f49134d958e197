//! What is older than the head of a series: sealed chunks, one of which may be open.
//!
//! A sample that comes late opens its chunk, which stays open until another chunk is to be opened. So
//! to fill in or to replace what is old in its order costs little for each sample; to do so in no
//! order costs each sample the opening and sealing of a chunk, a few microseconds.

use std::collections::VecDeque;

use metric_proto::{Refused, Sample};

use crate::sealed::Sealed;
use crate::series::{Range, place_of};

/// Chunks in the order of time; there is one at least whenever a sample is put.
#[derive(Debug, Default)]
pub(crate) struct Chunks {
    chunks: VecDeque<Sealed>,
    /// How many samples of chunk 0 are gone, if it is sealed.
    evicted: usize,
    open: Option<Open>,
    /// How many bytes the chunks take.
    sealed: usize,
}

/// The samples that stand for those of a chunk.
#[derive(Debug)]
struct Open {
    chunk: usize,
    samples: Vec<Sample>,
}

impl Chunks {
    /// Seals samples that are newer than all chunks; returns how many bytes they take. Cold, as is
    /// [`take`](Self::take), to be kept out of the code of most puts, which need neither.
    #[cold]
    pub(crate) fn push(&mut self, samples: &[Sample]) -> usize {
        let chunk = Sealed::new(samples);
        let bytes = chunk.bytes();
        self.chunks.push_back(chunk);
        self.sealed += bytes;
        bytes
    }

    /// How many bytes all of them take.
    pub(crate) fn bytes(&self) -> usize {
        let open = self.open.as_ref().map_or(0, |open| open.samples.capacity());
        self.sealed + open * size_of::<Sample>()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Drops the oldest chunk; returns how many samples were in it.
    pub(crate) fn drop_oldest(&mut self) -> usize {
        let count = self.count(0);
        self.drop_chunk();
        count
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

    /// Drops the oldest sample; returns how many bytes that spares.
    pub(crate) fn evict(&mut self) -> usize {
        let before = self.bytes();
        let left = match &mut self.open {
            Some(Open { chunk: 0, samples }) => {
                samples.remove(0);
                samples.len()
            }
            _ => {
                self.evicted += 1;
                self.chunks[0].len() - self.evicted
            }
        };
        if left == 0 {
            self.drop_chunk();
        }
        before - self.bytes()
    }

    /// The samples of each chunk that has some of a range.
    pub(crate) fn within(&self, (next, last): Range) -> impl Iterator<Item = Vec<Sample>> {
        (self.chunk_of(next)..=self.chunk_of(last)).map(|chunk| self.samples(chunk))
    }

    fn samples(&self, chunk: usize) -> Vec<Sample> {
        match &self.open {
            Some(open) if open.chunk == chunk => open.samples.clone(),
            _ => self.unsealed(chunk),
        }
    }

    /// The oldest sample.
    pub(crate) fn first(&self) -> Option<Sample> {
        self.samples(0).first().copied()
    }

    /// The timestamp of the sample at or before `last`, less so many before it, or the least there
    /// is. Opens no more than two chunks.
    pub(crate) fn back(&self, last: i64, mut skip: usize) -> i64 {
        let newest = self.chunk_of(last);
        for chunk in (0..=newest).rev() {
            let count = match chunk == newest {
                true => self.samples(chunk).partition_point(|sample| sample.timestamp() <= last),
                false => self.count(chunk),
            };
            match count.checked_sub(skip + 1) {
                Some(place) => return self.samples(chunk)[place].timestamp(),
                None => skip -= count,
            }
        }
        i64::MIN
    }

    /// How many samples a chunk has.
    fn count(&self, chunk: usize) -> usize {
        match &self.open {
            Some(open) if open.chunk == chunk => open.samples.len(),
            _ if chunk == 0 => self.chunks[chunk].len() - self.evicted,
            _ => self.chunks[chunk].len(),
        }
    }

    /// The chunk that a timestamp belongs to: the last that does not begin after it.
    fn chunk_of(&self, timestamp: i64) -> usize {
        self.chunks.partition_point(|chunk| chunk.first() <= timestamp).saturating_sub(1)
    }

    fn unsealed(&self, chunk: usize) -> Vec<Sample> {
        let mut samples = self.chunks[chunk].open();
        if chunk == 0 {
            samples.drain(..self.evicted);
        }
        samples
    }

    /// The chunk that a timestamp belongs to, open to be changed and with room for a sample.
    fn open(&mut self, timestamp: i64, length: usize) -> &mut Open {
        let chunk = self.chunk_of(timestamp);
        let open = match self.open.take() {
            Some(open) if open.chunk == chunk && open.samples.len() < 2 * length => open,
            other => {
                other.into_iter().for_each(|open| self.seal(open, length));
                let chunk = self.chunk_of(timestamp);
                Open { chunk, samples: self.unsealed(chunk) }
            }
        };
        self.evicted = if open.chunk == 0 { 0 } else { self.evicted };
        self.open.insert(open)
    }

    /// Seals what was open, as two chunks if it has grown too much for one.
    fn seal(&mut self, Open { chunk, samples }: Open, length: usize) {
        let half = if samples.len() > length { samples.len() / 2 } else { samples.len() };
        let (older, newer) = samples.split_at(half);
        self.sealed -= self.chunks[chunk].bytes();
        self.chunks[chunk] = Sealed::new(older);
        self.sealed += self.chunks[chunk].bytes();
        if !newer.is_empty() {
            let newer = Sealed::new(newer);
            self.sealed += newer.bytes();
            self.chunks.insert(chunk + 1, newer);
        }
    }

    /// Drops chunk 0.
    fn drop_chunk(&mut self) {
        self.sealed -= self.chunks.pop_front().map_or(0, |chunk| chunk.bytes());
        self.evicted = 0;
        self.open = self.open.take().and_then(|open| {
            Some(Open { chunk: open.chunk.checked_sub(1)?, samples: open.samples })
        });
    }
}
