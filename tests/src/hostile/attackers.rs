//! The attackers, in a process of their own.

mod doors;
mod flooders;
mod lurkers;
mod visitors;
mod web;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::child;
use crate::running::HANG;

pub(super) use web::HEADS;

/// The target and the size of an attack.
#[derive(Clone, Copy)]
struct Orders {
    target: SocketAddr,
    size: u64,
}

type Attack = (&'static str, fn(Orders) -> io::Result<()>);

const ATTACKS: &[Attack] = &[
    ("idle", lurkers::idle),
    ("dribble", lurkers::dribble),
    ("deaf", lurkers::deaf),
    ("churn", visitors::churn),
    ("endless", flooders::endless),
    ("noise", flooders::noise),
    ("keys", flooders::keys),
    ("door-noise", doors::noise),
    ("door-endless", doors::endless),
    ("door-poured", doors::poured),
    ("door-datagrams", doors::datagrams),
    ("door-frames", doors::frames),
    ("web-half", web::half),
    ("web-deaf", web::deaf),
    ("web-live", web::live),
    ("web-pipelined", web::pipelined),
    ("web-strange", web::strange),
];

/// The number of attackers of a flood or a churn.
pub(super) const TEAM: usize = 4;

/// The number of puts that an attacker sends at once.
pub(super) const BATCH: usize = 50;

pub(super) fn attack(name: &str, target: &str, size: &str) -> io::Result<()> {
    child::end_with_stdin();
    child::raise_files();
    let attack = ATTACKS.iter().find(|(known, _)| *known == name);
    let (_, attack) = attack.ok_or(io::ErrorKind::NotFound)?;
    let target = target.parse().map_err(io::Error::other)?;
    attack(Orders { target, size: size.parse().map_err(io::Error::other)? })
}

/// Prints figures for the test. The first line is empty and means that all attackers are connected.
fn say(figures: &[u64]) -> io::Result<()> {
    let figures: Vec<_> = figures.iter().map(u64::to_string).collect();
    writeln!(io::stdout(), "{}", figures.join(" "))
}

/// Runs `act` for each connection on a thread of its own. `act` gets the number of the connection.
fn in_parallel<T: Send>(
    team: Vec<TcpStream>,
    act: impl Fn(usize, TcpStream) -> io::Result<T> + Sync,
) -> io::Result<Vec<T>> {
    let act = &act;
    thread::scope(|scope| {
        let start = |(number, stream)| scope.spawn(move || act(number, stream));
        let team: Vec<_> = team.into_iter().enumerate().map(start).collect();
        team.into_iter().map(|member| member.join().expect("the thread does not panic")).collect()
    })
}

impl Orders {
    /// Opens `size` connections and prints the empty line.
    fn crowd(&self, size: u64) -> io::Result<Vec<TcpStream>> {
        let crowd = (0..size).map(|number| self.connect(number)).collect::<io::Result<_>>()?;
        say(&[])?;
        Ok(crowd)
    }

    /// Opens a connection that is reset when it is closed.
    fn connect(&self, number: u64) -> io::Result<TcpStream> {
        connect(self.socket(number)?, self.target)
    }

    /// Opens a connection with a small kernel buffer for replies.
    fn connect_narrow(&self, number: u64) -> io::Result<TcpStream> {
        let socket = self.socket(number)?;
        socket.set_recv_buffer_size(4096)?;
        connect(socket, self.target)
    }

    /// Creates a socket. Sockets take 16 addresses in turns, since one has too few ports.
    fn socket(&self, number: u64) -> io::Result<Socket> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        let own = [127, 0, 0, 2 + (number % 16) as u8];
        socket.bind(&SocketAddr::from((own, 0)).into())?;
        // With a linger time of zero, closing sends a reset.
        socket.set_linger(Some(Duration::ZERO))?;
        Ok(socket)
    }
}

fn connect(socket: Socket, target: SocketAddr) -> io::Result<TcpStream> {
    socket.connect(&target.into())?;
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(HANG))?;
    stream.set_write_timeout(Some(HANG))?;
    Ok(stream)
}

/// Reads a reply and fails unless it is `expected`.
fn expect(mut stream: impl Read, expected: &str) -> io::Result<()> {
    let mut reply = vec![0; expected.len()];
    stream.read_exact(&mut reply)?;
    let right = reply == expected.as_bytes();
    if right { Ok(()) } else { Err(io::Error::other("a wrong reply")) }
}
