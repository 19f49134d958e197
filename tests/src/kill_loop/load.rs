//! A connection that puts until its server is gone.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use super::model::{Model, Put};

/// What a connection has put.
#[derive(Debug)]
pub(super) struct Load {
    /// The puts that may have left, in their order.
    pub(super) sent: Vec<Put>,
    /// How many of them were acknowledged.
    pub(super) acknowledged: u64,
}

/// Puts in one write, at most.
const BATCH: u64 = 200;

const OK: &[u8] = b"ok\n\n";

impl Load {
    /// Puts, with at most `window` puts under way, until the connection ends.
    pub(super) fn run(stream: TcpStream, model: Model, window: u64, random: fastrand::Rng) -> Self {
        let (acknowledged, ended) = (AtomicU64::new(0), AtomicBool::new(false));
        let sent = thread::scope(|scope| {
            scope.spawn(|| {
                let all_were_stored = count_replies(&stream, &acknowledged);
                ended.store(true, SeqCst);
                assert!(all_were_stored, "a put was refused");
            });
            let room = |sent: u64| loop {
                let under_way = sent - acknowledged.load(SeqCst);
                match window - under_way.min(window) {
                    _ if ended.load(SeqCst) => return 0,
                    0 => thread::sleep(Duration::from_micros(50)),
                    room => return room,
                }
            };
            send(&stream, model, room, random)
        });
        Self { sent, acknowledged: acknowledged.into_inner() }
    }
}

/// Sends puts as long as there is room for more.
fn send(
    mut stream: &TcpStream,
    mut model: Model,
    room: impl Fn(u64) -> u64,
    mut random: fastrand::Rng,
) -> Vec<Put> {
    let mut sent = Vec::new();
    loop {
        let most = room(sent.len() as u64).min(BATCH);
        if most == 0 {
            return sent;
        }
        let mut batch = String::new();
        for _ in 0..random.u64(1..=most) {
            let (put, line) = model.next(&mut random);
            sent.push(put);
            batch += &line;
        }
        if stream.write_all(batch.as_bytes()).is_err() {
            return sent;
        }
    }
}

/// Counts replies until the connection ends, or a put is refused. Returns whether none was.
fn count_replies(mut stream: &TcpStream, acknowledged: &AtomicU64) -> bool {
    let (mut bytes, mut buffer) = (0, [0; 4_096]);
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        for &byte in &buffer[..read] {
            if byte != OK[bytes % OK.len()] {
                return false;
            }
            bytes += 1;
        }
        acknowledged.store((bytes / OK.len()) as u64, SeqCst);
    }
    true
}
