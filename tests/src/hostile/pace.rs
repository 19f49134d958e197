//! Measures latency as a ratio to the fair latency.
//!
//! The fair latency is that of the twin, plus the time that the twin takes for one turn of each
//! attacker. All are measured at the same moment, so other load on the machine delays all of them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::running::{HANG, Running};
use metric_conformance::reply::OK;

/// The work that one turn of an attacker may cost the server.
pub(super) enum Turn {
    /// None: the attacker waits.
    Nothing,
    /// These bytes, and the length of the reply.
    Request(Vec<u8>, usize),
    /// A connection and its reset.
    Visit,
}

/// A measurement of the latencies of a server and its twin.
pub(super) struct Pace {
    server: TcpStream,
    twin: TcpStream,
    attackers: f64,
    turn: Turn,
    /// The ratio of each round.
    ratios: Vec<f64>,
    /// The sum of all latencies, and that of the fair ones.
    sums: [f64; 2],
}

impl Pace {
    pub(super) fn new(server: &Running, twin: &Running, attackers: usize, turn: Turn) -> Self {
        let [server, twin] = [server, twin].map(|server| connect(server.address()));
        let attackers = attackers as f64;
        Self { server, twin, attackers, turn, ratios: Vec::new(), sums: [0.0; 2] }
    }

    /// Measures a round.
    pub(super) fn measure(&mut self) {
        let (mut taken, mut fair) = ([0.0; ROUND], [0.0; ROUND]);
        for (taken, fair) in taken.iter_mut().zip(&mut fair) {
            *taken = ask(&mut self.server, PING, OK.len());
            *fair = ask(&mut self.twin, PING, OK.len()) + self.attackers * self.turn();
        }
        self.sums =
            [self.sums[0] + taken.iter().sum::<f64>(), self.sums[1] + fair.iter().sum::<f64>()];
        self.ratios.push(quantile(&mut taken, 2) / quantile(&mut fair, 2));
    }

    /// Fails if a ratio is above its bound. Returns both ratios as text.
    pub(super) fn check(&mut self) -> String {
        let rounds = self.ratios.len();
        assert!(rounds >= ROUNDS, "only {rounds} rounds during the attack");
        let (typical, mean) = (quantile(&mut self.ratios, 4), self.sums[0] / self.sums[1]);
        let told = format!("{typical:.1} times the fair latency, {mean:.1} in the mean");
        assert!(typical <= TYPICAL && mean <= MEAN, "{told}");
        told
    }

    fn turn(&mut self) -> f64 {
        match &self.turn {
            Turn::Nothing => 0.0,
            Turn::Request(request, reply) => ask(&mut self.twin, request, *reply),
            Turn::Visit => visit(self.twin.peer_addr().expect("the socket is connected")),
        }
    }
}

fn connect(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).expect("the server accepts");
    stream.set_nodelay(true).expect("the option can be set");
    stream.set_read_timeout(Some(HANG)).expect("the option can be set");
    stream
}

/// Returns the seconds that a request and its reply take.
fn ask(stream: &mut TcpStream, request: &[u8], reply: usize) -> f64 {
    let since = Instant::now();
    stream.write_all(request).expect("the server reads");
    stream.read_exact(&mut vec![0; reply]).expect("the server replies");
    since.elapsed().as_secs_f64()
}

/// Returns the seconds for a connection, a reply and a reset.
fn visit(server: SocketAddr) -> f64 {
    let since = Instant::now();
    let mut stream = connect(server);
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("the option can be set");
    ask(&mut stream, PING, OK.len());
    drop(stream);
    since.elapsed().as_secs_f64()
}

/// Returns the quantile below which one in `part` of the figures lies.
fn quantile(figures: &mut [f64], part: usize) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / part]
}

/// The least number of rounds during a flood. A fair server allows several times as many.
const ROUNDS: usize = 5;

/// The number of round trips in a round.
const ROUND: usize = 30;

const PING: &[u8] = b"get none\n";

/// The bound of the typical ratio: the lower quartile over the rounds, each of which is a median. A
/// single round trip, or round, may say more about other load on the machine than about the server.
/// An attacker may have two turns before a reply, one of which began before the request arrived.
/// The kernel adds to that: a process on the client's own processor was seen to answer in less than
/// half the time of one that is woken on another.
const TYPICAL: f64 = 10.0;

/// The bound of the ratio of the means, which rare long waits raise. Other load on the machine
/// raises it as well. Servers that gave attackers all the turns they wanted were far above 100.
const MEAN: f64 = 50.0;
