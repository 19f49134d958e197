//! Well-behaved clients that talk until the server stops, and count their replies.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::witness::EACH;
use crate::running::HANG;
use metric_conformance::reply::{OK, put};

/// Clients on threads. Some put, some list everything, and one compares the store with the replies.
pub(super) struct Talkers {
    threads: Vec<JoinHandle<()>>,
    promised: Promised,
}

/// The number of samples that got an `ok`, for each client that puts.
type Promised = Arc<[AtomicI64; PUTTERS]>;

const PUTTERS: usize = 4;
const LISTERS: usize = 2;

/// The number of puts in one write.
const BATCH: i64 = 20;

impl Talkers {
    /// Starts the clients of a server that has `kept` series of the witness.
    pub(super) fn start(server: SocketAddr, kept: usize) -> Self {
        let promised = Promised::default();
        let mut threads = Vec::new();
        for number in 0..PUTTERS {
            let promised = Arc::clone(&promised);
            threads.push(thread::spawn(move || put_on(server, number, &promised[number])));
        }
        for _ in 0..LISTERS {
            threads.push(thread::spawn(move || list(server, kept)));
        }
        let observed = Arc::clone(&promised);
        threads.push(thread::spawn(move || observe(server, &observed)));
        Self { threads, promised }
    }

    /// Waits until each client that puts has got `samples` replies.
    pub(super) fn wait_for(&self, samples: i64) {
        while self.promised.iter().any(|promised| promised.load(SeqCst) < samples) {
            assert!(!self.threads.iter().any(JoinHandle::is_finished), "a talker ended early");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until the server has closed every connection. Returns the samples that got an `ok`, by
    /// key.
    pub(super) fn end(self) -> Vec<(String, i64)> {
        self.threads.into_iter().for_each(|talker| talker.join().expect("every reply is correct"));
        let promised = self.promised.iter().map(|promised| promised.load(SeqCst));
        (0..).map(key).zip(promised).collect()
    }
}

fn key(number: usize) -> String {
    format!("talker.{number}")
}

/// Puts one sample after the other. The timestamps count from 0.
fn put_on(server: SocketAddr, number: usize, promised: &AtomicI64) {
    let key = key(number);
    let mut next = 0;
    let batch = || {
        next += BATCH;
        (next - BATCH..next).map(|time| put(&key, time) + "\n").collect()
    };
    converse(server, batch, |reply| {
        assert_eq!(reply, OK);
        promised.fetch_add(1, SeqCst);
    });
}

/// Lists everything repeatedly, and checks the number of kept samples.
fn list(server: SocketAddr, kept: usize) {
    converse(
        server,
        || "get *\n".into(),
        |reply| {
            let count = reply.lines().filter(|line| line.starts_with("kept.")).count();
            assert_eq!(count as i64, kept as i64 * EACH);
        },
    );
}

/// Reads each growing series in turns, and checks that it has all samples that had got an `ok`
/// before the request.
fn observe(server: SocketAddr, promised: &[AtomicI64; PUTTERS]) {
    let due = AtomicI64::new(0);
    let mut turns = (0..PUTTERS).cycle();
    let ask = || {
        let number = turns.next().unwrap_or_default();
        due.store(promised[number].load(SeqCst), SeqCst);
        format!("get {}\n", key(number))
    };
    converse(server, ask, |reply| {
        let there = reply.lines().count() as i64 - 2;
        assert!(there >= due.load(SeqCst), "{there} samples are there, {due:?} were promised");
    });
}

/// Sends batches and reads their replies until the stream ends.
fn converse(server: SocketAddr, mut batch: impl FnMut() -> String, mut check: impl FnMut(&str)) {
    let stream = TcpStream::connect(server).expect("the server accepts");
    stream.set_read_timeout(Some(HANG)).expect("the option can be set");
    let mut replies = BufReader::new(&stream);
    loop {
        let batch = batch();
        // If the server is gone, reading reports it.
        let _ = (&stream).write_all(batch.as_bytes());
        for _ in batch.lines() {
            match reply(&mut replies) {
                Some(reply) => check(&reply),
                None => return,
            }
        }
    }
}

/// Returns the next reply, or `None` if the stream ends before it. Half a reply is a failure.
fn reply(stream: &mut impl BufRead) -> Option<String> {
    let mut reply = String::new();
    while !reply.ends_with("\n\n") {
        match stream.read_line(&mut reply) {
            Ok(1..) => {}
            Ok(_) if reply.is_empty() => return None,
            // Requests that arrive after the server has ended are answered by a reset.
            Err(error) if reply.is_empty() && error.kind() == ErrorKind::ConnectionReset => {
                return None;
            }
            end => panic!("{end:?} after {} bytes of a reply", reply.len()),
        }
    }
    Some(reply)
}
