//! Puts that do not wait for each reply.

use embedded_io_async::{Read, Write};
use metric_proto::{Key, MAX_KEY, Request, Sample};

use crate::client::{Answer, Answers, Client, Error};

/// Pipelined puts, made by [`Client::puts`].
///
/// Puts are buffered. They are sent when the buffer is full, when the window is full of outstanding
/// replies, and by [`settle`](Self::settle) and [`finish`](Self::finish).
///
/// An error but [`Error::KeyTooLong`] makes the client unusable, and so does dropping a future of
/// this, or this while replies are outstanding.
#[must_use = "puts may not be sent before `finish`"]
#[derive(Debug)]
pub struct Puts<'c, C, F, const IN: usize, const OUT: usize, const KEY: usize = MAX_KEY> {
    client: &'c mut Client<C, IN, OUT, KEY>,
    answered: F,
    answers: Answers,
}

impl<'c, C, F, const IN: usize, const OUT: usize, const KEY: usize> Puts<'c, C, F, IN, OUT, KEY>
where
    C: Read + Write,
    F: FnMut(usize, Answer),
{
    pub(super) fn new(client: &'c mut Client<C, IN, OUT, KEY>, answered: F) -> Self {
        Self { client, answered, answers: Answers::default() }
    }

    /// Queues a put. It is sent by [`settle`](Self::settle) or [`finish`](Self::finish), if not
    /// earlier.
    ///
    /// # Errors
    ///
    /// Any [`Error`] but [`Error::Refused`], perhaps because of an earlier put.
    pub async fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Error<C::Error>> {
        self.client.check(key)?;
        self.client.resume()?;
        let window = self.client.window;
        if self.client.protocol.pending() >= window {
            // Half a window stays outstanding, so that the server has work meanwhile.
            self.settle_to(window / 2).await?;
        }
        self.client.send(&Request::Put { key, sample }).await?;
        self.client.in_step = true;
        Ok(())
    }

    /// Sends all puts and waits for all replies.
    ///
    /// # Errors
    ///
    /// Any [`Error`] but [`Error::Refused`].
    pub async fn settle(&mut self) -> Result<(), Error<C::Error>> {
        self.client.resume()?;
        self.settle_to(0).await?;
        self.client.in_step = true;
        Ok(())
    }

    /// Sends all puts, waits for all replies, and releases the client. Returns how many samples
    /// were stored and how many refused.
    ///
    /// # Errors
    ///
    /// Any [`Error`] but [`Error::Refused`].
    pub async fn finish(mut self) -> Result<Answers, Error<C::Error>> {
        self.settle().await?;
        Ok(self.answers)
    }

    /// Waits until at most `due` replies are outstanding.
    async fn settle_to(&mut self, due: u32) -> Result<(), Error<C::Error>> {
        self.client.flush().await?;
        while self.client.protocol.pending() > due {
            let answer = self.client.answer().await?;
            (self.answered)(self.answers.total(), answer);
            self.answers.count(answer);
        }
        Ok(())
    }
}
