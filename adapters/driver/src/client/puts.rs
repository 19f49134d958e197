//! Puts without waiting for each reply.

use embedded_io_async::{Read, Write};
use metric_proto::{Key, MAX_KEY, Request, Sample};

use crate::client::{Answer, Client, Error};

/// Puts on their way, of [`Client::puts`].
///
/// What is put waits in a buffer until that is full, until as many replies are due as the window
/// has room for, or until [`settle`](Self::settle) or [`finish`](Self::finish). Dropping this while
/// answers are due leaves the client out of step. An error does, too, and so does dropping a future
/// of this before its end: all that follows is [`Error::OutOfStep`].
#[must_use = "nothing is sure to be sent before `finish`"]
#[derive(Debug)]
pub struct Puts<'c, C, F, const IN: usize, const OUT: usize, const KEY: usize = MAX_KEY> {
    client: &'c mut Client<C, IN, OUT, KEY>,
    answered: F,
    next: usize,
}

impl<'c, C, F, const IN: usize, const OUT: usize, const KEY: usize> Puts<'c, C, F, IN, OUT, KEY>
where
    C: Read + Write,
    F: FnMut(usize, Answer),
{
    pub(super) const fn new(client: &'c mut Client<C, IN, OUT, KEY>, answered: F) -> Self {
        Self { client, answered, next: 0 }
    }

    /// Stores a sample, sooner or later.
    ///
    /// # Errors
    ///
    /// Any but [`Error::Refused`], and not only on behalf of this sample.
    pub async fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Error<C::Error>> {
        self.client.check(key)?;
        self.client.resume()?;
        let window = self.client.window;
        if self.client.protocol.pending() >= window {
            // Half a window stays on the way, so that the server has something to do meanwhile.
            self.settle_to(window / 2).await?;
        }
        self.client.send(&Request::Put { key, sample }).await?;
        self.client.in_step = true;
        Ok(())
    }

    /// Waits until everything that was put has its answer.
    ///
    /// # Errors
    ///
    /// Any but [`Error::Refused`].
    pub async fn settle(&mut self) -> Result<(), Error<C::Error>> {
        self.client.resume()?;
        self.settle_to(0).await?;
        self.client.in_step = true;
        Ok(())
    }

    /// Waits until everything that was put has its answer, and gives the client back.
    ///
    /// # Errors
    ///
    /// Any but [`Error::Refused`].
    pub async fn finish(mut self) -> Result<(), Error<C::Error>> {
        self.settle().await
    }

    /// Takes answers until no more than `due` are missing.
    async fn settle_to(&mut self, due: u32) -> Result<(), Error<C::Error>> {
        self.client.flush().await?;
        while self.client.protocol.pending() > due {
            let answer = self.client.answer().await?;
            (self.answered)(self.next, answer);
            self.next = self.next.wrapping_add(1);
        }
        Ok(())
    }
}
