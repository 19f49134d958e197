//! The results of a run.

use std::fmt;

/// The result of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The case's name.
    pub name: &'static str,
    /// The verdict.
    pub verdict: Verdict,
}

/// The verdict on one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The server does what the case's name says.
    Passed,
    /// It does not. The text has what was expected and what arrived.
    Failed(String),
    /// The case was left out. The text has the reason.
    LeftOut(String),
}

/// The results of all cases of a run.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The seed of the random cases; the same seed repeats them.
    pub seed: u64,
    /// One outcome for each selected case, in the order of the suite.
    pub outcomes: Vec<Outcome>,
}

impl Summary {
    /// Returns the number of cases that passed.
    pub fn passed(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Passed).count()
    }

    /// Returns the cases that failed, with the detail of each.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.outcomes.iter().filter_map(|outcome| match &outcome.verdict {
            Verdict::Failed(detail) => Some((outcome.name, detail.as_str())),
            _ => None,
        })
    }

    /// Returns the cases that were left out, with the reason of each.
    pub fn left_out(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.outcomes.iter().filter_map(|outcome| match &outcome.verdict {
            Verdict::LeftOut(reason) => Some((outcome.name, reason.as_str())),
            _ => None,
        })
    }

    /// Returns whether at least one case passed and none failed.
    pub fn is_success(&self) -> bool {
        self.passed() > 0 && self.failures().next().is_none()
    }

    /// Prints the cases left out. Panics with all failures unless the run was a success.
    pub fn assert_passed(&self) {
        for (name, reason) in self.left_out() {
            println!("left out: {name}: {reason}");
        }
        assert!(self.is_success(), "{self}");
    }
}

/// The failures in detail, then the counts on a line of their own.
impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, detail) in self.failures() {
            writeln!(formatter, "\nFAILED {name} (seed {})", self.seed)?;
            for line in detail.lines() {
                writeln!(formatter, "    {line}")?;
            }
        }
        let (passed, failed) = (self.passed(), self.failures().count());
        write!(formatter, "\n{passed} passed, {failed} failed")?;
        match self.left_out().count() {
            0 => Ok(()),
            skipped => write!(formatter, ", {skipped} skipped"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Verdict::Passed => write!(formatter, "ok        {}", self.name),
            Verdict::Failed(_) => write!(formatter, "FAILED    {}", self.name),
            Verdict::LeftOut(reason) => write!(formatter, "left out  {}: {reason}", self.name),
        }
    }
}
