//! The client of the cases. It sends requests, reads whole replies, and fails with a clear message.

use std::io::{ErrorKind, Read, Write};

use crate::Connection;
use crate::reply::{self, OK, WRONG, assert_same, shown};

/// One connection of a case.
///
/// Every method panics if the server does not do what is expected.
pub struct Client {
    connection: Box<dyn Connection>,
    unread: Vec<u8>,
}

impl Client {
    /// Creates a client over a connection without outstanding replies.
    pub fn new(connection: Box<dyn Connection>) -> Self {
        Self { connection, unread: Vec::new() }
    }

    /// Sends bytes unchanged.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        if let Err(error) = self.connection.write_all(bytes) {
            panic!("{} could not be sent: {error}", shown(bytes));
        }
    }

    /// Reads one reply, including its empty line.
    pub fn reply(&mut self) -> Vec<u8> {
        let mut searched = 0;
        loop {
            if let Some(end) = end_of_reply(&self.unread, searched) {
                return self.unread.drain(..end).collect();
            }
            searched = self.unread.len().saturating_sub(1);
            if self.receive() == 0 {
                panic!("the stream ended after {} of a reply", shown(&self.unread));
            }
        }
    }

    /// Sends a line and reads its reply.
    pub fn ask(&mut self, line: impl AsRef<[u8]>) -> Vec<u8> {
        self.send([line.as_ref(), b"\n"].concat());
        self.reply()
    }

    /// Sends a line and fails unless the reply is `expected`.
    pub fn expect(&mut self, line: impl AsRef<[u8]>, expected: impl AsRef<[u8]>) {
        let line = line.as_ref();
        let got = self.ask(line);
        assert_same(&format!("in reply to {}", shown(line)), expected.as_ref(), &got);
    }

    /// Reads the next reply and fails unless it is `expected`.
    pub fn expect_next(&mut self, about: &str, expected: impl AsRef<[u8]>) {
        let got = self.reply();
        assert_same(about, expected.as_ref(), &got);
    }

    /// Sends a line and fails unless it is answered with an empty ok.
    pub fn expect_ok(&mut self, line: impl AsRef<[u8]>) {
        self.expect(line, OK);
    }

    /// Sends a line and fails unless it is a wrong command.
    pub fn expect_wrong(&mut self, line: impl AsRef<[u8]>) {
        self.expect(line, WRONG);
    }

    /// Stores samples whose values are their timestamps.
    pub fn put_all(&mut self, key: &str, timestamps: impl IntoIterator<Item = i64>) {
        let lines: Vec<String> =
            timestamps.into_iter().map(|timestamp| reply::put(key, timestamp) + "\n").collect();
        for batch in lines.chunks(BATCH) {
            self.send(batch.concat());
            for line in batch {
                self.expect_next(&format!("in reply to {}", shown(line.as_bytes())), OK);
            }
        }
    }

    /// Half-closes the connection and reads to the end of the stream.
    pub fn close_and_read(&mut self) -> Vec<u8> {
        if let Err(error) = self.connection.close_write() {
            panic!("the stream could not be half-closed: {error}");
        }
        while self.receive() > 0 {}
        std::mem::take(&mut self.unread)
    }

    /// Reads exactly this many bytes, in pieces of at most the given size.
    pub fn read_in_pieces(&mut self, total: usize, mut size: impl FnMut() -> usize) {
        while self.unread.len() < total {
            let piece = size().min(total - self.unread.len());
            let mut buffer = vec![0; piece];
            let count = self.read_some(&mut buffer);
            assert!(count > 0, "the stream ended after {} of {total} bytes", self.unread.len());
            self.unread.extend(&buffer[..count]);
        }
    }

    fn receive(&mut self) -> usize {
        let mut buffer = vec![0; 64 * 1024];
        let count = self.read_some(&mut buffer);
        self.unread.extend(&buffer[..count]);
        count
    }

    fn read_some(&mut self, buffer: &mut [u8]) -> usize {
        loop {
            match self.connection.read(buffer) {
                Ok(count) => return count,
                // A read with a time-out is interrupted if its process was stopped for a moment.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_timeout(error.kind()) => {
                    panic!("no more came after {}", shown(&self.unread))
                }
                Err(error) => panic!("reading failed after {}: {error}", shown(&self.unread)),
            }
        }
    }
}

fn end_of_reply(bytes: &[u8], from: usize) -> Option<usize> {
    let found = bytes[from..].windows(2).position(|pair| pair == b"\n\n")?;
    Some(from + found + 2)
}

/// Returns whether a read timed out. Systems report this as one kind or the other.
fn is_timeout(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

/// Few enough that requests and replies of a batch fit the buffers of a small board.
const BATCH: usize = 50;
