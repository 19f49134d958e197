//! Attackers that hold connections and send nothing, send little, or do not read.

use std::io::{self, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use super::{Orders, say};

pub(super) fn idle(orders: Orders) -> io::Result<()> {
    hold(&orders.crowd(orders.size)?)
}

/// Each attacker sends a byte a second, of a line that never ends.
pub(super) fn dribble(orders: Orders) -> io::Result<()> {
    let crowd = orders.crowd(orders.size)?;
    loop {
        for part in crowd.chunks(crowd.len().div_ceil(PARTS)) {
            part.iter().try_for_each(|mut stream| stream.write_all(b"p"))?;
            thread::sleep(Duration::from_secs(1) / PARTS as u32);
        }
    }
}

/// The number of parts of a second in which the attackers send, so that they do not all send at
/// once.
const PARTS: usize = 50;

/// Each attacker asks for everything several times and reads nothing.
pub(super) fn deaf(orders: Orders) -> io::Result<()> {
    let ask = |number| {
        let mut stream = orders.connect_narrow(number)?;
        stream.write_all(&b"get *\n".repeat(10))?;
        Ok(stream)
    };
    let crowd: Vec<_> = (0..orders.size).map(ask).collect::<io::Result<_>>()?;
    say(&[])?;
    hold(&crowd)
}

/// Holds the connections until the process ends.
pub(super) fn hold(_: &[TcpStream]) -> io::Result<()> {
    loop {
        thread::park();
    }
}
