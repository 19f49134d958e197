//! How much one call may do before others have a turn.

/// What is left of a turn. It ends after 1,024 samples, 128 aggregates or 32 series:
/// some 10 us.
#[derive(Debug)]
pub(crate) struct Turn(usize);

const SAMPLES: usize = 1_024;
const SERIES: usize = 32;

/// An aggregate takes as long as so many samples.
const AGGREGATE: usize = 8;

/// So many steps of a pattern take as long as a sample.
const STEPS: usize = 8;

impl Turn {
    pub(crate) const fn new() -> Self {
        Self(SAMPLES)
    }

    /// Whether nothing is left.
    pub(crate) const fn is_over(&self) -> bool {
        self.0 == 0
    }

    /// How many samples may be read.
    pub(crate) const fn left(&self) -> usize {
        self.0
    }

    /// Counts samples.
    pub(crate) fn samples(&mut self, samples: usize) {
        self.0 = self.0.saturating_sub(samples);
    }

    /// Counts an aggregate.
    pub(crate) fn aggregate(&mut self) {
        self.samples(AGGREGATE);
    }

    /// Counts a series with a key of this length.
    pub(crate) fn series(&mut self, key: &[u8], steps: usize) {
        let search = key.len().saturating_mul(steps) / STEPS;
        self.samples(search.max(SAMPLES / SERIES));
    }
}
