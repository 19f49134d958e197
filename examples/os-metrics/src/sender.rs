//! Sends what is in the outbox, over as many connections as it takes.
//!
//! ```text
//!   Waiting ── a sample ──▶ Connecting ── connected ──▶ Delivering ── all answered ──▶ Waiting
//!                             │    ▲                        │            (stays connected)
//!                           failed │                      broken
//!                             ▼    │                        ▼
//!                             Pausing ◀─────────────────────┘
//! ```

use std::io;
use std::net::TcpStream;

use crate::backoff::Backoff;
use crate::connection::Connection;
use crate::outbox::Outbox;

/// Puts that are sent before the first of their replies is read. Their replies are few enough to
/// fit any socket's buffer, so that neither side waits for the other to read.
const WINDOW: usize = 256;

/// Something that the user may want to know.
#[derive(Debug)]
pub(crate) enum Notice {
    /// The server cannot be reached; said once until it is.
    Unreachable(io::Error),
    /// A connection stands.
    Connected,
    /// A connection broke.
    Lost(io::Error),
}

/// The sending end of an outbox.
pub(crate) struct Sender<'a, C, T> {
    pub(crate) outbox: &'a Outbox,
    /// Makes a connection.
    pub(crate) connect: C,
    pub(crate) backoff: Backoff,
    /// Takes the notices.
    pub(crate) tell: T,
}

impl<C, T> Sender<'_, C, T>
where
    C: FnMut() -> io::Result<TcpStream>,
    T: FnMut(Notice),
{
    /// Sends until a stop and until all is sent. After a stop, the first failure to connect is
    /// the end too.
    pub(crate) fn run(mut self) {
        let mut away = false;
        while self.outbox.wait_for_samples() {
            match (self.connect)() {
                Ok(stream) => {
                    (self.tell)(Notice::Connected);
                    let Err(error) = self.deliver(stream) else { return };
                    (self.tell)(Notice::Lost(error));
                    away = true;
                }
                Err(error) => {
                    if !away {
                        (self.tell)(Notice::Unreachable(error));
                        away = true;
                    }
                    if self.outbox.is_stopping() {
                        return;
                    }
                }
            }
            self.outbox.pause(self.backoff.next_pause());
        }
    }

    /// Sends over one connection until it breaks, or until a stop and until all is sent.
    fn deliver(&mut self, stream: TcpStream) -> io::Result<()> {
        let mut connection = Connection::new(stream);
        while self.outbox.wait_for_samples() {
            let (mut number, window) = self.outbox.window(WINDOW);
            connection.exchange(&window, |answer| {
                self.outbox.answer(number, answer);
                number += 1;
                // Only a server that answers is one that is back.
                self.backoff.reset();
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod script;
#[cfg(test)]
mod tests;
