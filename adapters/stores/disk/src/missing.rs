//! Which files are missing, and what was in them. A check and a start ask the same, so they agree.

use crate::Finding;
use crate::chain::Chain;
use crate::segment::{Numbers, Segment, Totals};

/// What the segments of a directory say of each other, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Census {
    counted: Vec<Counted>,
    /// The oldest number that a bound had left when a segment was written.
    oldest: u64,
    /// What was written to all of them: where a foot is damaged, at least that.
    pub(crate) totals: Totals,
    broken: Vec<Broken>,
}

/// A segment that has lost samples, and does not say how many.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) numbers: Numbers,
    /// What is wrong with it.
    pub(crate) what: String,
    /// What is left of it.
    pub(crate) left: Totals,
    /// The bytes in it that hold nothing.
    pub(crate) bytes: u64,
    /// What became of the file.
    pub(crate) fate: String,
}

/// What was ever written to segments before one, and up to its end; unknown if its foot is damaged.
#[derive(Debug)]
struct Counted {
    numbers: Numbers,
    before: Option<Totals>,
    after: Option<Totals>,
}

impl Census {
    /// Adds a segment, which is newer than those before.
    pub(crate) fn add(&mut self, numbers: Numbers, segment: &Segment, bytes: u64) {
        let before = segment.before;
        let after = before.map(|before| before.and(segment.contents, bytes));
        self.counted.push(Counted { numbers, before, after });
        self.totals = after.unwrap_or(self.totals.and(segment.contents, bytes));
        self.oldest = self.oldest.max(segment.oldest.unwrap_or(0));
    }

    /// Notes a damaged segment that was added. Returns what is known at once; the rest is told when its
    /// neighbours are known.
    pub(crate) fn note_damage(
        &mut self,
        numbers: Numbers,
        segment: &Segment,
        length: u64,
    ) -> Option<Finding> {
        let (damage, what) = (segment.damage?, segment.damage?.to_string());
        if damage.lost.is_some() {
            return Some(Finding::new(&numbers.to_string(), what));
        }
        let (samples, bytes) = (segment.contents.samples, damage.bytes);
        let left = Totals { samples, bytes: length.saturating_sub(bytes) };
        self.broken.push(Broken { numbers, what, left, bytes, fate: String::new() });
        None
    }

    /// Notes a segment that cannot be read.
    pub(crate) fn note_broken(&mut self, broken: Broken) {
        self.broken.push(broken);
    }

    /// Tells what segments have lost that do not say so themselves.
    pub(crate) fn lost(&self, chain: &Chain) -> Vec<Finding> {
        self.broken.iter().map(|broken| self.loss(broken, chain)).collect()
    }

    fn loss(&self, broken: &Broken, chain: &Chain) -> Finding {
        let Broken { numbers, what, left, bytes, fate } = broken;
        // One that has nothing left is not read, so it replaces nothing.
        if *left == Totals::default() && chain.has_sources(*numbers) {
            let what = format!("{what}; the files that it was made of are still there{fate}");
            return Finding::new(&numbers.to_string(), what);
        }
        let lost = self.written(*numbers).map(|written| written.less(*left));
        let lost = match lost {
            // A neighbour that was written after the damage does not know more.
            Some(Totals { samples: samples @ 1.., bytes }) => {
                format!("up to {samples} samples in {bytes} bytes are lost")
            }
            _ => format!("at least {bytes} bytes are lost; how many samples is not known"),
        };
        Finding::new(&numbers.to_string(), format!("{what}; {lost}{fate}"))
    }

    /// Returns what was ever written to segments of these logs, as their neighbours say. If they were
    /// merged since, that had samples twice.
    pub(crate) fn written(&self, numbers: Numbers) -> Option<Totals> {
        let next = self.counted.iter().find(|one| one.numbers.first > numbers.last)?;
        let last = self.counted.iter().rfind(|one| one.numbers.last < numbers.first);
        let before = match last {
            Some(last) => last.after,
            None => (numbers.first == 1).then(Totals::default),
        };
        Some(next.before?.less(before?))
    }

    /// Tells which files are missing.
    pub(crate) fn missing(&self, chain: &Chain) -> Vec<Finding> {
        let expected = self.oldest.max(chain.oldest).max(1);
        let mut missing = Vec::new();
        if let Some(first) = chain.first().filter(|&first| first > expected) {
            missing.push(self.gap(chain, Numbers { first: expected, last: first - 1 }));
        }
        missing.extend(chain.gaps().into_iter().map(|gap| self.gap(chain, gap)));
        if chain.logs.is_empty() && (chain.end() > 0 || chain.oldest > 0 || chain.has_unit) {
            missing.push(Finding::missing_end((chain.end() + 1).max(expected)));
        }
        missing
    }

    fn gap(&self, chain: &Chain, gap: Numbers) -> Finding {
        match chain.end() < gap.first {
            true => Finding::missing_logs(gap.first, gap.last),
            false => Finding::missing(gap, self.written(gap)),
        }
    }
}
