//! A reply, whose body is read in pieces.

use std::io;

use super::connection::{Connection, malformed};
use super::framing::{Framing, Front, Malformed};

/// A reply whose head was read.
#[derive(Debug)]
pub(crate) struct Reply<'c> {
    pub(super) status: u16,
    connection: &'c mut Connection,
    body: Framing,
}

/// The longest body that is read as a whole: a page of series whose keys are all escapes.
const LONGEST: usize = 16 << 20;

impl<'c> Reply<'c> {
    pub(super) fn new(connection: &'c mut Connection, status: u16, body: Framing) -> Self {
        Self { status, connection, body }
    }

    /// Reads a piece of the body. Returns 0 at its end.
    ///
    /// # Errors
    ///
    /// Also if the connection ends before the body, which is incomplete then.
    pub(super) async fn read(&mut self, output: &mut [u8]) -> io::Result<usize> {
        let Self { connection, body, .. } = self;
        loop {
            let taken = body.take(connection.input.unread(), output.len());
            let Front { framing, content } = taken.map_err(|Malformed| malformed())?;
            connection.input.consume(framing);
            for (to, from) in output.iter_mut().zip(connection.input.unread()).take(content) {
                *to = *from;
            }
            connection.input.consume(content);
            if content > 0 || body.is_end() {
                return Ok(content);
            }
            connection.receive().await?;
        }
    }

    /// Returns the whole body as text.
    pub(crate) async fn text(mut self) -> io::Result<String> {
        let (mut text, mut piece) = (Vec::new(), [0; 4096]);
        loop {
            let count = self.read(&mut piece).await?;
            if count == 0 {
                return String::from_utf8(text).map_err(|_| malformed());
            }
            if text.len() + count > LONGEST {
                return Err(malformed());
            }
            text.extend_from_slice(&piece[..count]);
        }
    }
}
