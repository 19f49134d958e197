//! A well-behaved client that talks to the server during an attack and compares it with the model.

use fastrand::Rng;

use metric_conformance::TcpServer;
use metric_conformance::dialogue::{Pair, any_line};
use metric_conformance::reply::series;
use metric_conformance::trial::Trial;

/// Two connections that ask in turns, and samples stored before the attack.
pub(super) struct Witness {
    trial: Trial<'static>,
    pair: Pair<'static>,
    keys: Vec<String>,
    random: Rng,
    /// The number of series stored before the attack.
    kept: usize,
}

/// The number of samples of each series stored before the attack.
pub(super) const EACH: i64 = 1000;

/// The number of series that the witness writes to.
const OWN: usize = 8;

impl Witness {
    /// Stores `kept` series, and a sample of each of its own, so that they exist before the attack.
    pub(super) fn new(server: &'static TcpServer, kept: usize) -> Self {
        let trial = Trial::new(server, "w.".into(), 1);
        let keys: Vec<_> = (0..OWN).map(|number| trial.key(&number.to_string())).collect();
        let (pair, random) = (Pair::new(&trial, 2), trial.random());
        let mut witness = Self { trial, pair, keys, random, kept };
        witness.store();
        witness
    }

    fn store(&mut self) {
        let mut client = self.trial.connect();
        (0..self.kept).for_each(|number| client.put_all(&kept(number), 0..EACH));
        for key in self.keys.clone() {
            self.pair.ask(&format!("put {key} 1 1"), 0);
        }
    }

    /// Returns the number of series that it has stored.
    pub(super) fn series(&self) -> usize {
        self.kept + OWN
    }

    /// Sends a few random requests and compares each reply with the model's.
    pub(super) fn talk(&mut self) {
        for turn in 0..20 {
            let line = any_line(&mut self.random, &self.keys);
            // A listing of everything may be long, so it is left for the end.
            if !line.contains('*') {
                self.pair.ask(&line, turn % 2);
            }
        }
    }

    /// Fails unless the server has exactly the stored samples. Returns the number of compared
    /// replies.
    pub(super) fn check_all(&mut self) -> usize {
        let mut client = self.trial.connect();
        for key in (0..self.kept).map(kept) {
            client.expect(format!("get {key}"), series(&key, 0..EACH));
        }
        self.pair.ask("get *", 0);
        self.pair.steps
    }
}

pub(super) fn kept(number: usize) -> String {
    format!("kept.{number}")
}
