//! The server's answers to puts.

/// The server's answer to a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Answer {
    /// The sample is stored.
    Stored,
    /// The sample is not stored, since a bound of the server prevents it. Nothing has changed.
    Refused,
}

/// The number of answers of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Answers {
    /// How many samples were stored.
    pub stored: usize,
    /// How many samples were refused.
    pub refused: usize,
}

impl Answers {
    /// The number of all answers.
    #[must_use]
    pub const fn total(self) -> usize {
        self.stored.wrapping_add(self.refused)
    }

    pub(super) const fn count(&mut self, answer: Answer) {
        let count = match answer {
            Answer::Stored => &mut self.stored,
            Answer::Refused => &mut self.refused,
        };
        *count = count.wrapping_add(1);
    }
}
