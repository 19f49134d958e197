//! Who acts in the simulation, and what goes from one to the other.

use std::collections::VecDeque;

use crate::machine::Time;

/// A round on its way.
#[derive(Clone, Debug)]
pub(crate) struct Round {
    pub(crate) began: Time,
    pub(crate) front: usize,
    pub(crate) thread: usize,
    /// Masters whose replies are missing.
    pub(crate) due: usize,
    /// How many puts each master is sent.
    pub(crate) shares: Vec<usize>,
}

/// What a master was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) round: u64,
    pub(crate) front: usize,
    pub(crate) puts: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Master {
    pub(crate) waiting: Vec<Sent>,
    pub(crate) served: Vec<Sent>,
}

/// A thread of a front end. It does one task after the other.
#[derive(Debug, Default)]
pub(crate) struct Worker {
    pub(crate) waiting: VecDeque<Task>,
    pub(crate) does: Option<Task>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    /// A round comes from a client.
    Parse(u64),
    /// It goes to masters.
    Send(u64),
    /// A master has replied.
    Take(Sent),
    /// The reply goes to the client.
    Answer(u64),
}
