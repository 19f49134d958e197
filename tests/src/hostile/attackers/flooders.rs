//! Attackers that send as fast as they can.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use fastrand::Rng;

use super::{BATCH, Orders, TEAM, expect, in_parallel, say};
use metric_conformance::client::Client;
use metric_conformance::reply::{OK, WRONG};

/// Each attacker sends one line of `size` bytes.
pub(super) fn endless(orders: Orders) -> io::Result<()> {
    in_parallel(orders.crowd(TEAM as u64)?, |_, mut stream| {
        let mut rest = orders.size;
        while rest > 0 {
            let part = &PART[..rest.min(PART.len() as u64) as usize];
            stream.write_all(part)?;
            rest -= part.len() as u64;
        }
        stream.write_all(b"\n")?;
        expect(stream, WRONG)
    })?;
    say(&[])
}

static PART: [u8; 1 << 20] = [b'x'; 1 << 20];

/// Together the attackers send `size` random bytes. Each compares its line ends with the replies.
pub(super) fn noise(orders: Orders) -> io::Result<()> {
    in_parallel(orders.crowd(TEAM as u64)?, |member, stream| {
        thread::scope(|scope| {
            let sender = scope.spawn(|| send_noise(&stream, member, orders.size / TEAM as u64));
            let replies = count_wrong(&stream)?;
            let lines = sender.join().expect("the thread does not panic")?;
            let right = replies == lines;
            if right { Ok(()) } else { Err(io::Error::other("not a reply for each line")) }
        })
    })?;
    say(&[])
}

fn send_noise(mut stream: &TcpStream, seed: usize, mut rest: u64) -> io::Result<u64> {
    let mut random = Rng::with_seed(seed as u64);
    let (mut part, mut lines) = (vec![0; 1 << 16], 0);
    while rest > 0 {
        part.truncate(rest.min(part.len() as u64) as usize);
        random.fill(&mut part);
        stream.write_all(&part)?;
        rest -= part.len() as u64;
        lines += part.iter().filter(|&&byte| byte == b'\n').count() as u64;
    }
    stream.shutdown(Shutdown::Write)?;
    Ok(lines)
}

fn count_wrong(mut stream: &TcpStream) -> io::Result<u64> {
    let mut replies = Vec::new();
    stream.read_to_end(&mut replies)?;
    let right = replies.chunks(WRONG.len()).all(|reply| reply == WRONG.as_bytes());
    let count = (replies.len() / WRONG.len()) as u64;
    if right { Ok(count) } else { Err(io::Error::other("not a reply")) }
}

/// Together the attackers put `size` different keys, and count the stored and the refused ones.
pub(super) fn keys(orders: Orders) -> io::Result<()> {
    let counts = in_parallel(orders.crowd(TEAM as u64)?, |member, stream| {
        let mut client = Client::new(Box::new(stream));
        let mut taken = 0;
        let batches = orders.size / (TEAM * BATCH) as u64;
        for batch in 0..batches {
            taken += put_all(&mut client, batch * TEAM as u64 + member as u64);
        }
        Ok([taken, batches * BATCH as u64 - taken])
    })?;
    let sum = |place: usize| counts.iter().map(|count| count[place]).sum();
    say(&[sum(0), sum(1)])
}

/// Puts a sample of each key of a batch. Returns the number of stored ones.
fn put_all(client: &mut Client, batch: u64) -> u64 {
    let keys = batch * BATCH as u64..(batch + 1) * BATCH as u64;
    client.send(keys.clone().map(|key| format!("put flood.{key} 1 1\n")).collect::<String>());
    keys.map(|_| u64::from(taken(&client.reply()))).sum()
}

fn taken(reply: &[u8]) -> bool {
    assert!([OK.as_bytes(), WRONG.as_bytes()].contains(&reply), "not a reply");
    reply == OK.as_bytes()
}
