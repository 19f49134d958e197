//! Attackers at the doors of other protocols.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use fastrand::Rng;

use super::{Orders, TEAM, in_parallel, say};

/// Together the attackers send `size` random bytes.
pub(super) fn noise(orders: Orders) -> io::Result<()> {
    in_parallel(orders.crowd(TEAM as u64)?, |member, stream| {
        let mut random = Rng::with_seed(member as u64);
        let mut part = vec![0; 1 << 16];
        send(stream, orders.size / TEAM as u64, || {
            random.fill(&mut part);
            part.clone()
        })
    })?;
    say(&[])
}

/// Each attacker sends one line of `size` bytes.
pub(super) fn endless(orders: Orders) -> io::Result<()> {
    let part = vec![b'x'; 1 << 20];
    in_parallel(orders.crowd(TEAM as u64)?, |_, stream| {
        send(stream, orders.size, || part.clone())
    })?;
    say(&[])
}

/// Together the attackers send `size` samples, which replace each other.
pub(super) fn poured(orders: Orders) -> io::Result<()> {
    let part = b"poured.sample 23.7 1150864247\n".repeat(1_000);
    let size = orders.size / TEAM as u64 * (part.len() / 1_000) as u64;
    in_parallel(orders.crowd(TEAM as u64)?, |_, stream| send(stream, size, || part.clone()))?;
    say(&[])
}

/// Sends `size` bytes, and waits until the server has read them. It must not reply.
fn send(mut stream: TcpStream, size: u64, mut part: impl FnMut() -> Vec<u8>) -> io::Result<()> {
    let mut rest = size;
    while rest > 0 {
        let mut part = part();
        part.truncate(rest.min(part.len() as u64) as usize);
        stream.write_all(&part)?;
        rest -= part.len() as u64;
    }
    stream.shutdown(Shutdown::Write)?;
    match stream.read_to_end(&mut Vec::new())? {
        0 => Ok(()),
        _ => Err(io::Error::other("a reply")),
    }
}

/// Each attacker sends nearly all of a frame of a mebibyte, and keeps what it made the server hold.
/// Those beyond what all may hold are cut.
pub(super) fn frames(orders: Orders) -> io::Result<()> {
    let crowd = orders.crowd(orders.size)?;
    let text = [&b"U\xff"[..], &[b'k'; 255], b"r"].concat();
    let mut frame = [&(1_u32 << 20).to_be_bytes()[..], b"\x80\x02]("].concat();
    for number in 0..4_000_u32 {
        frame.extend([&text[..], &number.to_le_bytes()].concat());
    }
    for mut stream in &crowd {
        let _ = stream.write_all(&frame);
    }
    loop {
        thread::sleep(Duration::from_secs(60));
    }
}

/// Together the attackers send `size` datagrams as fast as they can.
pub(super) fn datagrams(orders: Orders) -> io::Result<()> {
    say(&[])?;
    let lines = [&b"poured.datagram 23.7 1150864247\n"[..], b"wrong\n", &[b'\xff'; 100]].concat();
    let flood = || {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        for _ in 0..orders.size / TEAM as u64 {
            let _ = socket.send_to(&lines, orders.target);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let team: Vec<_> = (0..TEAM).map(|_| scope.spawn(flood)).collect();
        team.into_iter().try_for_each(|member| member.join().expect("the thread does not panic"))
    })
    .and_then(|()| say(&[]))
}
