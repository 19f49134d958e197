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

use metric_smol::Client;
use metric_smol::client::Error;
use smol::future::yield_now;

use super::backoff::Backoff;
use super::outbox::Outbox;

/// Puts that are sent before the outbox is looked at again.
const WINDOW: usize = 256;

/// Something that the user may want to know.
#[derive(Debug)]
pub(super) enum Notice {
    /// The server cannot be reached; said once until it is.
    Unreachable(io::Error),
    /// A connection stands.
    Connected,
    /// A connection broke.
    Lost(Error),
}

/// The sending end of an outbox.
pub(super) struct Sender<'a, C, T> {
    pub(super) outbox: &'a Outbox,
    /// Makes a connection.
    pub(super) connect: C,
    pub(super) backoff: Backoff,
    /// Takes the notices.
    pub(super) tell: T,
}

impl<C, T> Sender<'_, C, T>
where
    C: AsyncFnMut() -> io::Result<Client>,
    T: FnMut(Notice),
{
    /// Sends until a stop and until all is sent. After a stop, the first failure to connect is
    /// the end too.
    pub(super) async fn run(&mut self) {
        let mut away = false;
        while self.outbox.wait_for_samples().await {
            match (self.connect)().await {
                Ok(client) => {
                    (self.tell)(Notice::Connected);
                    let Err(error) = self.deliver(client).await else { return };
                    (self.tell)(Notice::Lost(error));
                }
                Err(error) => {
                    if !away {
                        (self.tell)(Notice::Unreachable(error));
                    }
                    if self.outbox.is_stopping() {
                        return;
                    }
                }
            }
            away = true;
            self.outbox.pause(self.backoff.next_pause()).await;
        }
    }

    /// Sends over one connection until it breaks, or until a stop and until all is sent. What has
    /// no answer then is still in the outbox.
    async fn deliver(&mut self, mut client: Client) -> Result<(), Error> {
        while self.outbox.wait_for_samples().await {
            let (first, window) = self.outbox.window(WINDOW);
            let samples = window.iter().map(|measurement| (measurement.key, measurement.sample));
            let answered = |index, answer| {
                self.outbox.answer(first + index as u64, answer);
                // Only a server that answers is one that is back.
                self.backoff.reset();
            };
            client.put_all(samples, answered).await?;
            // Others have a turn even if a long queue goes to a server that never keeps it waiting.
            yield_now().await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod script;
#[cfg(test)]
mod tests;
