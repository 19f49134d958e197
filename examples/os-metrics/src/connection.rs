//! One connection to a server: puts go out together, their replies come in.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use metric_proto::{Buffer, Client, Event, Limits, MAX_SAMPLE_LINE, Received, Request};

use crate::queue::{Answer, Measurement};

/// A stream and the protocol's state on it.
pub(crate) struct Connection {
    stream: TcpStream,
    client: Client,
    input: Buffer<INPUT>,
}

/// Room for the replies to a whole window at once.
const INPUT: usize = 4096;
const LIMITS: Limits = Limits::DESKTOP;
const _: () = assert!(INPUT >= LIMITS.min_input(), "every line of a reply must fit");

const MAX_PUT: usize = "put ".len() + MAX_SAMPLE_LINE;

/// Connects to the first of the server's addresses that answers, and has patience for so long with
/// each step of connecting, reading and writing.
pub(crate) fn connect(server: &str, patience: Duration) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(ErrorKind::NotFound, "the name stands for no address");
    for address in server.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(stream) => {
                stream.set_read_timeout(Some(patience))?;
                stream.set_write_timeout(Some(patience))?;
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, client: Client::new(LIMITS), input: Buffer::new() }
    }

    /// Sends all measurements, then reads the answers to them, in their order.
    ///
    /// After an error, whose answers did not come may be stored or not, and the connection is of
    /// no more use.
    pub(crate) fn exchange(
        &mut self,
        measurements: &[Measurement],
        mut answered: impl FnMut(Answer),
    ) -> io::Result<()> {
        self.send(measurements)?;
        while let Some(answer) = self.next_answer()? {
            answered(answer);
        }
        Ok(())
    }

    fn send(&mut self, measurements: &[Measurement]) -> io::Result<()> {
        let mut output = Vec::new();
        for &Measurement { key, sample } in measurements {
            let mut line = [0; MAX_PUT];
            let put = Request::Put { key, sample };
            let length = self.client.send(&put, &mut line).map_err(io::Error::other)?;
            output.extend_from_slice(line.get(..length).unwrap_or_default());
        }
        let written = self.stream.write_all(&output);
        written.map_err(|error| name_timeout(error, "the server does not read"))
    }

    /// The next answer, or `None` after the last.
    fn next_answer(&mut self) -> io::Result<Option<Answer>> {
        loop {
            let received = self.client.receive(self.input.unread()).map_err(io::Error::other)?;
            let Received { consumed, event } = received;
            let answer = match event {
                Some(Event::Done) => Some(Answer::Stored),
                Some(Event::Refused) => Some(Answer::Refused),
                Some(Event::Sample(..)) => {
                    return Err(io::Error::other("the server answered a put with samples"));
                }
                None => None,
            };
            self.input.consume(consumed);
            if answer.is_some() || self.client.pending() == 0 {
                return Ok(answer);
            }
            self.read()?;
        }
    }

    fn read(&mut self) -> io::Result<()> {
        match self.stream.read(self.input.space()) {
            Ok(0) => Err(io::Error::other("the server closed it")),
            Ok(count) => {
                self.input.fill(count);
                Ok(())
            }
            // A signal came; whoever reads tries again.
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(name_timeout(error, "the server does not answer")),
        }
    }
}

/// Says in words what systems say about a time that is up, each in its own way.
fn name_timeout(error: io::Error, meaning: &'static str) -> io::Error {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => io::Error::new(ErrorKind::TimedOut, meaning),
        _ => error,
    }
}
