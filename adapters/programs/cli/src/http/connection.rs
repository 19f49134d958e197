//! A connection that sends requests, one after the other.

use std::io;

use embedded_io_async::{Read, Write};
use metric_proto::Buffer;
use metric_smol::Smol;
use metric_tcp::{Timed, connect};

use super::framing::Malformed;
use super::head::{Head, head};
use super::refusal::{Refusal, Stopped};
use super::reply::Reply;
use super::target::Target;
use crate::server::Server;

/// A connection to a server that has the HTTP API.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(super) stream: Timed<Smol>,
    /// It holds the longest head.
    pub(super) input: Box<Buffer<INPUT>>,
}

/// The number of bytes read at once.
const INPUT: usize = 16 * 1024;

/// The methods of requests. None has a body.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Method {
    Get,
    Delete,
}

impl Connection {
    pub(super) async fn new(server: &Server) -> io::Result<Self> {
        let stream = connect(&server.name, server.timeout).await?;
        Ok(Self { stream, input: Box::new(Buffer::new()) })
    }

    /// Sends a request. Returns its reply if it is no refusal.
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        target: &Target,
    ) -> Result<Reply<'_>, Stopped> {
        if target.is_too_long() {
            return Err(Stopped::Refused(Refusal::too_long()));
        }
        let reply = self.request(method, target).await?;
        match reply.status {
            200 => Ok(reply),
            _ => Err(Refusal::read(reply).await?),
        }
    }

    /// Sends a request. Returns its reply, whose body is to be read before the next request.
    pub(super) async fn request(
        &mut self,
        method: Method,
        target: &Target,
    ) -> io::Result<Reply<'_>> {
        // A server answers to `localhost` wherever it runs. It need not know the name by which the
        // user calls it.
        let request = format!(
            "{} {} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: metric\r\n\r\n",
            method.name(),
            target.as_str()
        );
        self.stream.write_all(request.as_bytes()).await?;
        let Head { status, body, .. } = self.head().await?;
        Ok(Reply::new(self, status, body))
    }

    async fn head(&mut self) -> io::Result<Head> {
        loop {
            match head(self.input.unread()).map_err(|Malformed| malformed())? {
                // Such a head announces another one.
                Some(Head { status: 100..=199, length, .. }) => self.input.consume(length),
                Some(head) => {
                    self.input.consume(head.length);
                    return Ok(head);
                }
                None => self.receive().await?,
            }
        }
    }

    /// Reads more input.
    pub(super) async fn receive(&mut self) -> io::Result<()> {
        let space = self.input.space();
        if space.is_empty() {
            return Err(malformed());
        }
        match self.stream.read(space).await? {
            0 => Err(io::ErrorKind::ConnectionAborted.into()),
            count => {
                self.input.fill(count);
                Ok(())
            }
        }
    }
}

impl Method {
    const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Delete => "DELETE",
        }
    }
}

pub(super) fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the server's reply is not HTTP")
}
