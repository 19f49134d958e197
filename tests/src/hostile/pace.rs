//! Latency, as the number of times that an answer takes longer than it would in fairness.
//!
//! In fairness it takes as long as the quiet twin's, and as long as the twin takes for one turn of
//! each attacker. All of that is measured in the same moments, so whatever else the machine is busy
//! with delays all of it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::running::{HANG, Running};
use metric_conformance::reply::OK;

/// What an attacker may keep a server busy with between two turns of others.
pub(super) enum Turn {
    /// Nothing: it waits.
    Nothing,
    /// These bytes, to which the reply is so long.
    Request(Vec<u8>, usize),
    /// A connection, and its end.
    Visit,
}

/// Asks the server and its twin in turns.
pub(super) struct Pace {
    server: TcpStream,
    twin: TcpStream,
    attackers: f64,
    turn: Turn,
    /// The ratio of each round.
    ratios: Vec<f64>,
    /// The sums of what all answers took, and of what they would have in fairness.
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

    /// Fails if answers took too long; returns the two ratios as text.
    pub(super) fn check(&mut self) -> String {
        let rounds = self.ratios.len();
        assert!(rounds >= ROUNDS, "during the attack there was time for {rounds} rounds only");
        let (typical, mean) = (quantile(&mut self.ratios, 4), self.sums[0] / self.sums[1]);
        let told = format!("{typical:.1} times the fair latency, {mean:.1} in the mean");
        assert!(typical <= TYPICAL && mean <= MEAN, "{told}");
        told
    }

    fn turn(&mut self) -> f64 {
        match &self.turn {
            Turn::Nothing => 0.0,
            Turn::Request(request, reply) => ask(&mut self.twin, request, *reply),
            Turn::Visit => visit(self.twin.peer_addr().expect("it is connected")),
        }
    }
}

fn connect(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).expect("the server accepts");
    stream.set_nodelay(true).expect("it can be set");
    stream.set_read_timeout(Some(HANG)).expect("it can be set");
    stream
}

/// How many seconds an answer takes.
fn ask(stream: &mut TcpStream, request: &[u8], reply: usize) -> f64 {
    let since = Instant::now();
    stream.write_all(request).expect("the server reads");
    stream.read_exact(&mut vec![0; reply]).expect("the server replies");
    since.elapsed().as_secs_f64()
}

/// How many seconds a connection takes that is reset after an answer.
fn visit(server: SocketAddr) -> f64 {
    let since = Instant::now();
    let mut stream = connect(server);
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("it can be set");
    ask(&mut stream, PING, OK.len());
    drop(stream);
    since.elapsed().as_secs_f64()
}

/// The figure that one in `part` is below.
fn quantile(figures: &mut [f64], part: usize) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / part]
}

/// Rounds that a flood has to leave time for; in fairness there are several times as many.
const ROUNDS: usize = 5;

/// Round trips of a round.
const ROUND: usize = 30;

const PING: &[u8] = b"get none\n";

/// The bound of the ratio's lower quartile over the rounds, which are medians: a single round trip,
/// or round, may say more of what else the machine is busy with than of the server. An attacker may
/// have a turn that began before the request came and another before the answer, which makes two.
/// To that comes what two processors make of it: a program that the system runs beside the client
/// was seen to answer in less than half the time of one that it has to wake elsewhere.
const TYPICAL: f64 = 10.0;

/// The bound of the ratio of the means, which sees it when now and then someone has to wait for
/// very long. Whatever else the machine is busy with is in it, too. Servers that gave attackers as
/// many turns as they could use were far above a hundred.
const MEAN: f64 = 50.0;
