//! How much one call may do before others have a turn.

/// What is left of a turn. It ends after 4,096 samples or 256 series, some 0.1 ms.
#[derive(Debug)]
pub(crate) struct Turn(pub(crate) usize);

const SAMPLES: usize = 4_096;
const SERIES: usize = 256;

/// So many steps of a pattern take as long as a sample.
const STEPS: usize = 16;

impl Turn {
    pub(crate) const fn new() -> Self {
        Self(SAMPLES)
    }

    /// Whether nothing is left.
    pub(crate) const fn is_over(&self) -> bool {
        self.0 == 0
    }

    /// Counts a series with a key of this length.
    pub(crate) fn series(&mut self, key: &[u8], steps: usize) {
        let search = key.len().saturating_mul(steps) / STEPS;
        self.0 = self.0.saturating_sub(search.max(SAMPLES / SERIES));
    }
}
