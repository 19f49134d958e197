//! Connections and requests for any length of time, each reply compared with the model.

use std::mem;

use fastrand::Rng;

use crate::Server;
use crate::dialogue::{Pair, any_double, any_line};
use crate::reply::shown;
use crate::trial::Trial;

/// As many clients as the server offers connections, up to [`MANY`](Self::MANY). Each has its own
/// series, so that its replies do not depend on the timing of the others.
///
/// Every method panics at the first byte that differs from the model, and at the first connection
/// that is not served.
pub struct Soak<'a> {
    lanes: Vec<Lane<'a>>,
    connections: u64,
}

impl<'a> Soak<'a> {
    /// Connects all clients.
    ///
    /// The tag has at most four bytes and keeps the keys apart from those of earlier runs.
    pub fn new(server: &'a dyn Server, seed: u64, tag: &str) -> Self {
        let count = server.offer().connections.min(Self::MANY);
        let lane = |number| {
            let trial = Trial::new(server, format!("{tag}{number}."), seed);
            Lane::new(trial, Rng::with_seed(seed ^ number as u64), count)
        };
        let mut soak = Self { lanes: (0..count).map(lane).collect(), connections: 0 };
        soak.connect();
        soak
    }

    /// The largest number of clients.
    pub const MANY: usize = 64;

    /// Ends every connection in a random way, and connects again.
    pub fn reconnect(&mut self) {
        self.lanes.iter_mut().for_each(Lane::close);
        self.connect();
    }

    /// Opens new connections while the old ones are still open on this side. A server without room for
    /// both must have closed the idle ones.
    pub fn reconnect_beside_the_idle(&mut self) {
        let idle: Vec<_> =
            self.lanes.iter_mut().map(|lane| mem::take(&mut lane.pair.clients)).collect();
        self.connect();
        drop(idle);
    }

    /// Sends a batch of random requests through each connection at once.
    pub fn burst(&mut self) {
        let batches: Vec<_> = self.lanes.iter_mut().map(Lane::send).collect();
        for (lane, batch) in self.lanes.iter_mut().zip(batches) {
            lane.compare(&batch);
        }
    }

    /// Returns the number of connections made.
    pub fn connections(&self) -> u64 {
        self.connections
    }

    /// Returns the number of replies that were equal to the model's.
    pub fn requests(&self) -> usize {
        self.lanes.iter().map(|lane| lane.pair.steps).sum()
    }

    /// Connects all clients, then puts a sample and gets its series with each.
    fn connect(&mut self) {
        for lane in &mut self.lanes {
            lane.pair.clients = vec![lane.trial.connect()];
            self.connections += 1;
        }
        self.lanes.iter_mut().for_each(Lane::put_and_get);
    }
}

/// A client, its series, and their model. The client is replaced when it reconnects.
struct Lane<'a> {
    trial: Trial<'a>,
    pair: Pair<'a>,
    keys: Vec<String>,
    random: Rng,
}

impl<'a> Lane<'a> {
    fn new(trial: Trial<'a>, random: Rng, lanes: usize) -> Self {
        let count = (trial.offer().series / lanes).min(8);
        let keys = (0..count).map(|number| trial.key(&number.to_string())).collect();
        Self { pair: Pair::new(&trial, 0), trial, keys, random }
    }

    fn put_and_get(&mut self) {
        let key = self.random.choice(&self.keys).cloned().unwrap_or_default();
        let (value, timestamp) = (any_double(&mut self.random), self.random.i16(..));
        self.pair.ask(&format!("put {key} {value} {timestamp}"), 0);
        self.pair.ask(&format!("get {key}"), 0);
    }

    fn send(&mut self) -> Vec<String> {
        let batch: Vec<_> = (0..BATCH).map(|_| any_line(&mut self.random, &self.keys)).collect();
        self.pair.clients[0].send(batch.join("\n") + "\n");
        batch
    }

    fn compare(&mut self, batch: &[String]) {
        batch.iter().for_each(|line| self.pair.compare_next(line, 0));
    }

    /// Ends the connection in order, by a reset with a reply in flight, or within a line.
    fn close(&mut self) {
        for mut client in mem::take(&mut self.pair.clients) {
            match self.random.u32(..4) {
                0 => client.send(format!("get {}\n", self.keys[0])),
                1 => client.send("put half.a.line 1"),
                _ => {
                    let rest = client.close_and_read();
                    assert!(rest.is_empty(), "behind the last reply comes {}", shown(&rest));
                }
            }
        }
    }
}

/// The number of requests in a burst on one connection.
const BATCH: usize = 20;
