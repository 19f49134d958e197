//! A server that follows a script, and the sender against it.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::RangeInclusive;
use std::thread;
use std::time::{Duration, Instant};

use super::{Notice, Sender};
use crate::backoff::Backoff;
use crate::connection::connect;
use crate::outbox::Outbox;

/// Longer than any test takes: whatever waits so long has failed.
pub(crate) const HANG: Duration = Duration::from_secs(30);

/// Sends what is in the outbox to a server until that has ended and its listener is closed;
/// returns what the user was told.
pub(crate) fn perform(
    outbox: &Outbox,
    mut connect: impl FnMut(&str) -> io::Result<TcpStream>,
    server: impl FnOnce(&TcpListener) + Send,
) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut told = Vec::new();
    let tell = |notice| {
        told.push(match notice {
            Notice::Unreachable(error) => format!("unreachable: {:?}", error.kind()),
            Notice::Connected => "connected".to_owned(),
            Notice::Lost(error) => format!("lost: {error}"),
        });
    };
    let backoff = Backoff::new(Duration::ZERO, Duration::ZERO);
    thread::scope(|scope| {
        scope.spawn(move || {
            let _stop = StopAtEnd(outbox);
            server(&listener);
        });
        Sender { outbox, connect: || connect(&address), backoff, tell }.run();
    });
    told
}

/// Lets the sender end even if the server's script failed.
struct StopAtEnd<'a>(&'a Outbox);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// The server's part of one connection: what it must be sent, then what it answers.
pub(crate) fn play(
    listener: &TcpListener,
    timestamps: RangeInclusive<i64>,
    answer: &str,
) -> TcpStream {
    let mut stream = accept(listener);
    go_on(&mut stream, timestamps, answer);
    stream
}

pub(crate) fn go_on(stream: &mut TcpStream, timestamps: RangeInclusive<i64>, answer: &str) {
    let mut reader = BufReader::new(&*stream);
    for timestamp in timestamps {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert_eq!(line, format!("put palm.cpu 23.7 {timestamp}\n"));
    }
    assert_eq!(reader.buffer(), b"", "more was sent than is in the script");
    stream.write_all(answer.as_bytes()).unwrap();
}

fn accept(listener: &TcpListener) -> TcpStream {
    listener.set_nonblocking(true).unwrap();
    let start = Instant::now();
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).unwrap();
                stream.set_read_timeout(Some(HANG)).unwrap();
                return stream;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock && start.elapsed() < HANG => {
                thread::sleep(Duration::from_millis(1));
            }
            Err(error) => panic!("nobody connects: {error}"),
        }
    }
}

pub(crate) fn patiently(address: &str) -> io::Result<TcpStream> {
    connect(address, HANG)
}
