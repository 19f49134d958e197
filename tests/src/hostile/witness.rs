//! The well-behaved client: it talks to the server all the while, and is answered as the model says.

use fastrand::Rng;

use metric_conformance::TcpServer;
use metric_conformance::dialogue::{Pair, any_line};
use metric_conformance::reply::series;
use metric_conformance::trial::Trial;

/// Two connections that ask in turns, and samples that were stored before anyone attacked.
pub(super) struct Witness {
    trial: Trial<'static>,
    pair: Pair<'static>,
    keys: Vec<String>,
    random: Rng,
    /// How many series were stored before.
    kept: usize,
}

/// Samples of a series that was stored before.
pub(super) const EACH: i64 = 1000;

/// Series that the witness writes to.
const OWN: usize = 8;

impl Witness {
    /// Stores so many series, and one sample of each of its own, so that they have their places.
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

    /// Series that the server has of it.
    pub(super) fn series(&self) -> usize {
        self.kept + OWN
    }

    /// Asks a few random requests and compares each reply with the model's.
    pub(super) fn talk(&mut self) {
        for turn in 0..20 {
            let line = any_line(&mut self.random, &self.keys);
            // A listing of all is for the end: it may be long.
            if !line.contains('*') {
                self.pair.ask(&line, turn % 2);
            }
        }
    }

    /// Fails unless all that was stored is there, sample by sample, and nothing else of its own.
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
