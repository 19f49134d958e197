//! Sends the samples of the outbox, and connects again as often as needed.
//!
//! ```text
//!   Waiting ── a sample ──▶ Connecting ── connected ──▶ Delivering ── all answered ──▶ Waiting
//!                             │    ▲                        │            (stays connected)
//!                           failed │                      broken
//!                             ▼    │                        ▼
//!                             Pausing ◀─────────────────────┘
//! ```

use metric_smol::Client;
use metric_smol::client::Error;
use smol::future::yield_now;

use super::backoff::Backoff;
use super::outbox::Outbox;
use crate::failure::Failure;
use crate::time::Unit;

/// The largest number of puts sent at once.
const WINDOW: usize = 256;

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum Refused {
    /// The server cannot be reached now.
    Away(Failure),
    /// Trying again does not help.
    ForGood(Failure),
}

/// A change of the connection, for the user.
#[derive(Debug)]
pub(super) enum Notice {
    /// The server cannot be reached. Reported once per outage.
    Unreachable(Failure),
    /// A connection was made.
    Connected,
    /// The connection broke.
    Lost(Error),
}

/// The task that empties an outbox.
pub(super) struct Sender<'a, C, T> {
    pub(super) outbox: &'a Outbox,
    /// Connects to the server. Returns the unit of its timestamps, too, which may be another after each
    /// outage.
    pub(super) connect: C,
    pub(super) backoff: Backoff,
    /// Called with each notice.
    pub(super) tell: T,
}

impl<C, T> Sender<'_, C, T>
where
    C: AsyncFnMut() -> Result<(Client, Unit), Refused>,
    T: FnMut(Notice),
{
    /// Sends until the outbox is stopped and empty. After the stop, a failure to connect ends it as
    /// well.
    ///
    /// # Errors
    ///
    /// If it can never connect.
    pub(super) async fn run(&mut self) -> Result<(), Failure> {
        let mut away = false;
        while self.outbox.wait_for_samples().await {
            match (self.connect)().await {
                Ok((client, unit)) => {
                    (self.tell)(Notice::Connected);
                    let Err(error) = self.deliver(client, unit).await else { return Ok(()) };
                    (self.tell)(Notice::Lost(error));
                }
                Err(Refused::ForGood(failure)) => return Err(failure),
                Err(Refused::Away(failure)) => {
                    if !away {
                        (self.tell)(Notice::Unreachable(failure));
                    }
                    if self.outbox.is_stopping() {
                        return Ok(());
                    }
                }
            }
            away = true;
            self.outbox.pause(self.backoff.next_pause()).await;
        }
        Ok(())
    }

    /// Sends over one connection until it breaks, or until the outbox is stopped and empty. Samples
    /// without a reply stay in the outbox.
    async fn deliver(&mut self, mut client: Client, unit: Unit) -> Result<(), Error> {
        while self.outbox.wait_for_samples().await {
            let (first, window) = self.outbox.window(WINDOW);
            let samples =
                window.iter().map(|measurement| (measurement.key, measurement.counted_in(unit)));
            let answered = |index, answer| {
                self.outbox.answer(first + index as u64, answer);
                // Only a reply proves that the server works again.
                self.backoff.reset();
            };
            client.put_all(samples, answered).await?;
            // Yield, since a long queue and a fast server would keep the other tasks waiting.
            yield_now().await;
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod script;
#[cfg(test)]
mod tests;
