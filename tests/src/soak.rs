//! Connections and requests for as long as one likes, each reply compared with the model.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};
use std::{mem, thread};

use fastrand::Rng;

use crate::client::Client;
use crate::dialogue::{Pair, any_double, any_line};
use crate::reply::{OK, shown};
use crate::trial::Trial;
use crate::{Connection, Offer, Server};

/// As many clients as a server offers connections, each with series of its own, so that what one
/// is answered does not depend on when the others ask.
///
/// Every method panics at the first byte that the model does not say, and at the first connection
/// that the server does not serve.
pub struct Soak<'a> {
    lanes: Vec<Lane<'a>>,
    connections: u64,
    resets: u64,
}

impl<'a> Soak<'a> {
    /// Connects all clients; those of a desktop server are [`MANY`](Self::MANY).
    ///
    /// The tag has at most four bytes and keeps the keys apart from those of earlier runs.
    pub fn new(server: &'a dyn Server, seed: u64, tag: &str) -> Self {
        let count = server.offer().connections.min(Self::MANY);
        let lane = |number| {
            let trial = Trial::new(server, format!("{tag}{number}."), seed);
            Lane::new(server, trial, Rng::with_seed(seed ^ number as u64), count)
        };
        let mut soak = Self { lanes: (0..count).map(lane).collect(), connections: 0, resets: 0 };
        soak.connect();
        soak
    }

    /// Clients of a server that offers more connections than these.
    pub const MANY: usize = 64;

    /// Ends every connection, in one of the ways that connections end, and makes it anew.
    pub fn reconnect(&mut self) {
        self.lanes.iter_mut().for_each(Lane::close);
        self.connect();
    }

    /// Makes every connection anew while this side still holds the old ones: a server with no
    /// room for both must have cut those that were idle.
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

    /// Connections that were made.
    pub fn connections(&self) -> u64 {
        self.connections
    }

    /// Connections that were reset before they were served, and made again: a board has no
    /// backlog, so it may need a moment after the ones before.
    pub fn resets(&self) -> u64 {
        self.resets
    }

    /// Replies that were what the model says.
    pub fn requests(&self) -> usize {
        self.lanes.iter().map(|lane| lane.pair.steps).sum()
    }

    /// Connects all, and only then lets each put a sample and get the series.
    fn connect(&mut self) {
        for lane in &mut self.lanes {
            self.resets += lane.connect();
            self.connections += 1;
        }
        self.lanes.iter_mut().for_each(Lane::put_and_get);
    }
}

/// One client after the other with its own series, and the model of these.
struct Lane<'a> {
    server: &'a dyn Server,
    pair: Pair<'a>,
    keys: Vec<String>,
    random: Rng,
}

impl<'a> Lane<'a> {
    fn new(server: &'a dyn Server, trial: Trial<'a>, random: Rng, lanes: usize) -> Self {
        let Offer { series, .. } = server.offer();
        let count = (series / lanes).min(8);
        let keys = (0..count).map(|number| trial.key(&number.to_string())).collect();
        Self { server, pair: Pair::new(&trial, 0), keys, random }
    }

    /// Connects, and says how many connections were reset before one was served.
    fn connect(&mut self) -> u64 {
        let start = Instant::now();
        for resets in 0.. {
            match self.try_to_connect() {
                Ok(connection) => {
                    self.pair.clients = vec![Client::new(connection)];
                    return resets;
                }
                Err(error) if start.elapsed() > RESET_GUARD => {
                    panic!("the server serves no more connections: {error}")
                }
                Err(_) => thread::sleep(RETRY_PAUSE),
            }
        }
        0
    }

    /// Proves with a request that the connection is served: something between here and the server
    /// may accept for it.
    fn try_to_connect(&self) -> io::Result<Box<dyn Connection>> {
        let mut connection = self.server.connect()?;
        let mut reply = [0; OK.len()];
        connection.write_all(b"get -\n")?;
        connection.read_exact(&mut reply)?;
        assert!(reply == OK.as_bytes(), "in reply to `get -`: {}", shown(&reply));
        Ok(connection)
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

    /// Ends the connection properly, by a reset with a reply on the way, or within a line.
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

/// Requests of a burst on one connection.
const BATCH: usize = 20;

/// Far longer than a board needs to listen again.
const RESET_GUARD: Duration = Duration::from_secs(30);

const RETRY_PAUSE: Duration = Duration::from_millis(10);
