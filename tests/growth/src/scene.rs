//! What is simulated, and what came of it.

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// Front ends.
    pub fronts: usize,
    /// Threads of each front end.
    pub threads: usize,
    /// Masters.
    pub masters: usize,
    /// Puts of a round.
    pub batch: usize,
    /// Puts a second of all clients; `None` for one client that sends its next round when it has its reply.
    pub puts: Option<f64>,
    /// Microseconds of a message on its way.
    pub way: f64,
    /// The cores that all share, the client, too. `None` if each process has its own.
    pub shared: Option<usize>,
    /// A master that dies.
    pub failure: Option<Failure>,
    /// Rounds to simulate.
    pub rounds: usize,
    /// Of the random numbers.
    pub seed: u64,
}

/// The first master dies. What it is sent meanwhile is sent to its replica afterwards.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    /// When, in seconds.
    pub at: f64,
    /// Seconds until its replica takes over.
    pub lasts: f64,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Puts that were answered a second.
    pub puts: f64,
    /// Microseconds from a round to its reply, in ascending order.
    pub(crate) latencies: Vec<f64>,
    /// The share of the time that the busiest master worked.
    pub master: f64,
    /// Microseconds of all masters a put.
    pub engine: f64,
    /// Microseconds of all front ends a put.
    pub front: f64,
    /// Puts that a master got from a front end at once, on the average.
    pub read: f64,
}

impl Outcome {
    /// Returns the latency in microseconds that a share of the rounds had at most.
    #[must_use]
    pub fn latency(&self, share: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies.get((last as f64 * share) as usize).copied().unwrap_or(0.0)
    }
}
