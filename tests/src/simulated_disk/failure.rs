//! How a simulated disk fails.

use rustix::io::Errno;

/// A failure to come.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    /// The number of calls that still succeed.
    pub after: u64,
    /// The calls that are counted and fail.
    pub calls: Calls,
    /// What they answer.
    pub error: Errno,
    /// How much they do before.
    pub done: Done,
    /// How long it lasts.
    pub lasting: Lasting,
}

/// Some of the calls to a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    /// Those that may change something, syncs included.
    Operations,
    /// Those, and those that read.
    All,
}

/// How much of a call is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing.
    Nothing,
    /// The first half of the bytes of a write, and nothing of another call.
    Half,
    /// All: only the answer is wrong.
    All,
}

/// How long a failure lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// One call fails.
    Once,
    /// Each call fails until the disk is healed.
    UntilHealed,
}

impl Failure {
    /// Counts a call: one of [`Calls::Operations`], or one that only reads as [`Calls::All`].
    /// Returns its failure, if any, and what is still to come.
    pub(super) fn strike(self, call: Calls) -> (Option<Self>, Option<Self>) {
        let concerned = self.calls == Calls::All || call == Calls::Operations;
        match (concerned, self.after, self.lasting) {
            (false, ..) => (None, Some(self)),
            (true, 0, Lasting::Once) => (Some(self), None),
            (true, 0, Lasting::UntilHealed) => (Some(self), Some(self)),
            (true, after, _) => (None, Some(Self { after: after - 1, ..self })),
        }
    }
}

impl Done {
    pub(super) fn of(self, units: usize) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Half => units / 2,
            Self::All => units,
        }
    }
}
