//! Samples in lines. With `ok` before them and an empty line behind them they are a reply of the
//! native protocol, so its client reads them.

use std::io;

use embedded_io_async::{ErrorType, Read, Write};
use metric_driver::client::Client;
use metric_proto::{LONGEST_KEY, Limits};

use super::connection::{Connection, Method};
use super::refusal::Stopped;
use super::reply::Reply;
use super::target::Target;

/// A reply of lines as a stream of the native protocol.
#[derive(Debug)]
pub(crate) struct Stream<'c> {
    reply: Reply<'c>,
    part: Part,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Front,
    Samples,
    Ended,
}

/// A client that reads the lines as the reply to its first request.
pub(crate) type Lines<'c> = Client<Stream<'c>, BUFFER, BUFFER, LONGEST_KEY>;

const BUFFER: usize = 16 * 1024;

/// Asks for samples in lines. They are complete if the client says so.
pub(crate) async fn lines<'c>(
    connection: &'c mut Connection,
    target: &Target,
) -> Result<Box<Lines<'c>>, Stopped> {
    let reply = connection.ask(Method::Get, target).await?;
    let stream = Stream { reply, part: Part::Front };
    Ok(Box::new(Client::new(stream, Limits::WIDEST, 1)))
}

impl ErrorType for Stream<'_> {
    type Error = io::Error;
}

impl Read for Stream<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.part {
            Part::Front => {
                self.part = Part::Samples;
                b"ok\n".as_slice().read(buffer).await.map_err(|error| match error {})
            }
            Part::Samples => match self.reply.read(buffer).await? {
                0 => {
                    self.part = Part::Ended;
                    b"\n".as_slice().read(buffer).await.map_err(|error| match error {})
                }
                count => Ok(count),
            },
            Part::Ended => Ok(0),
        }
    }
}

/// The request was sent already.
impl Write for Stream<'_> {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
