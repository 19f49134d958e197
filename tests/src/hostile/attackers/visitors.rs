//! Attackers that connect and reset.

use std::io::{self, Read, Write};
use std::thread;

use super::{Orders, TEAM, say};

/// Resets connections: at once, in a request, in a reply, before a reply.
pub(super) fn churn(orders: Orders) -> io::Result<()> {
    say(&[])?;
    thread::scope(|scope| {
        let visits = |member| (member..orders.size).step_by(TEAM);
        let start = |member| {
            scope.spawn(move || visits(member).try_for_each(|number| visit(orders, number)))
        };
        let team: Vec<_> = (0..TEAM as u64).map(start).collect();
        team.into_iter().try_for_each(|member| member.join().expect("the thread does not panic"))
    })?;
    say(&[])
}

fn visit(orders: Orders, number: u64) -> io::Result<()> {
    let mut stream = orders.connect(number)?;
    match number / TEAM as u64 % 64 {
        0 => {
            stream.write_all(b"get *\nget *\n")?;
            stream.read_exact(&mut [0; 100])
        }
        1..16 => stream.write_all(b"get none\nput visitor 1 1\nhello\n"),
        16..32 => stream.write_all(b"put half.a.requ"),
        _ => Ok(()),
    }
}
