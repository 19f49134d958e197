//! A client over a byte stream.
//!
//! ```text
//!                      ┌─ put ──────▶ one request, its reply
//!   Client over a  ────┼─ samples ──▶ Samples: the reply to a get, a sample at a time
//!   stream             └─ puts ─────▶ Puts: requests without waiting for each reply
//! ```
//!
//! Requests go out one after the other, or, as [`Puts`], so many at once that their replies surely
//! fit what the system keeps for the reader: the two sides never wait for each other to read.
//!
//! A client is in step with its server when no reply is due. Each call begins and ends there; one
//! that fails or is dropped on the way leaves the client out of step, and every later call says so
//! instead of taking another's reply for its own.

mod error;
mod puts;
mod samples;

use embedded_io_async::{Read, Write};
use metric_proto::{Event, InvalidReply, Key, Limits, MAX_REQUEST, Received, Request};
use metric_proto::{Sample, Selector};

pub use error::Error;
pub use puts::Puts;
pub use samples::Samples;

use crate::buffers::Buffers;

/// A client over a byte stream, with `IN` bytes for replies and `OUT` for requests.
///
/// `IN` is at least [`Limits::min_input`], and `OUT` at least [`MAX_REQUEST`].
#[derive(Debug)]
pub struct Client<C, const IN: usize, const OUT: usize> {
    stream: C,
    protocol: metric_proto::Client,
    buffers: Buffers<IN, OUT>,
    window: u32,
    in_step: bool,
}

/// What the server said to a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The sample is stored.
    Stored,
    /// The sample is not stored; nothing has changed.
    Refused,
}

impl<C: Read + Write, const IN: usize, const OUT: usize> Client<C, IN, OUT> {
    /// A client over a stream to a server on which nothing was sent yet.
    ///
    /// `limits` bounds the lines of replies. While puts are sent, at most `window` replies are
    /// due; see [`window_for`].
    ///
    /// # Panics
    ///
    /// If `IN` is shorter than [`Limits::min_input`], or the window is 0. That `OUT` has room for
    /// [`MAX_REQUEST`] bytes is checked by the compiler.
    #[must_use]
    pub const fn new(stream: C, limits: Limits, window: u32) -> Self {
        const { assert!(OUT >= MAX_REQUEST, "the output buffer is too small for a request") };
        assert!(IN >= limits.min_input(), "the input buffer is too small for a line");
        assert!(window > 0, "a window of no replies lets nothing be sent");
        let protocol = metric_proto::Client::new(limits);
        Self { stream, protocol, buffers: Buffers::new(), window, in_step: true }
    }

    /// Stores a sample, and waits for the server's word.
    ///
    /// If the future is dropped the sample may be stored or not, and the client is out of step.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`], after which the client is as good as before; or any other.
    pub async fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Error<C::Error>> {
        self.begin()?;
        self.send(&Request::Put { key, sample }).await?;
        self.flush().await?;
        let answer = self.answer().await?;
        self.in_step = true;
        if answer == Answer::Refused { Err(Error::Refused) } else { Ok(()) }
    }

    /// Asks for samples, to be taken from what is returned.
    ///
    /// If the future is dropped the client is out of step.
    ///
    /// # Errors
    ///
    /// Any but [`Error::Refused`], which comes with the first sample.
    pub async fn samples<'c>(
        &'c mut self,
        selector: Selector<'_>,
    ) -> Result<Samples<'c, C, IN, OUT>, Error<C::Error>> {
        self.begin()?;
        self.send(&Request::Get(selector)).await?;
        self.flush().await?;
        Ok(Samples::new(self, selector))
    }

    /// Begins to store samples without waiting for each reply. `answered` is called with the index
    /// of each put, counted from 0, and what the server said to it, in the order of the puts.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfStep`], or [`Error::InvalidReply`] if more came than was asked for before.
    pub fn puts<F: FnMut(usize, Answer)>(
        &mut self,
        answered: F,
    ) -> Result<Puts<'_, C, F, IN, OUT>, Error<C::Error>> {
        self.begin()?;
        Ok(Puts::new(self, answered))
    }

    /// Stores many samples without waiting for each reply; else as [`puts`](Self::puts).
    ///
    /// After an error, or if the future is dropped, samples without an answer may be stored or
    /// not; those behind the first of them by more than the window are not.
    ///
    /// # Errors
    ///
    /// Any but [`Error::Refused`]: refusals are told to `answered`.
    pub async fn put_all<'k>(
        &mut self,
        samples: impl IntoIterator<Item = (Key<'k>, Sample)>,
        answered: impl FnMut(usize, Answer),
    ) -> Result<(), Error<C::Error>> {
        let mut puts = self.puts(answered)?;
        for (key, sample) in samples {
            puts.put(key, sample).await?;
        }
        puts.finish().await
    }

    /// The stream, for whoever wants to close it in an orderly way.
    pub fn into_stream(self) -> C {
        self.stream
    }

    /// From here on a call that does not come to its end leaves the client out of step. What came
    /// unasked before it is not to be taken for its reply.
    fn begin(&mut self) -> Result<(), Error<C::Error>> {
        if !self.in_step {
            return Err(Error::OutOfStep);
        }
        self.in_step = false;
        self.protocol.receive(self.buffers.input.unread()).map_err(Error::InvalidReply)?;
        Ok(())
    }

    /// Puts a request behind those that wait to be written, which are written if it has no room.
    async fn send(&mut self, request: &Request<'_>) -> Result<(), Error<C::Error>> {
        if self.buffers.output.space().len() < MAX_REQUEST {
            self.flush().await?;
        }
        let output = &mut self.buffers.output;
        // There is room, and the window is far from four billion replies.
        let length = self.protocol.send(request, output.space()).map_err(|_| Error::OutOfStep)?;
        output.fill(length);
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Error<C::Error>> {
        let output = &mut self.buffers.output;
        while !output.unread().is_empty() {
            match self.stream.write(output.unread()).await? {
                0 => return Err(Error::Ended),
                count => output.consume(count),
            }
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<(), Error<C::Error>> {
        let input = &mut self.buffers.input;
        match self.stream.read(input.space()).await? {
            0 => return Err(Error::Ended),
            count => input.fill(count),
        }
        Ok(())
    }

    /// The answer to the first put that has none.
    async fn answer(&mut self) -> Result<Answer, Error<C::Error>> {
        let read = |event: Event<'_>| match event {
            Event::Done => Ok(Answer::Stored),
            Event::Refused => Ok(Answer::Refused),
            Event::Sample(..) => Err(Error::InvalidReply(InvalidReply::Unexpected)),
        };
        self.event(read).await
    }

    /// What is made of the next part of a reply.
    async fn event<T>(
        &mut self,
        mut read: impl FnMut(Event<'_>) -> Result<T, Error<C::Error>>,
    ) -> Result<T, Error<C::Error>> {
        loop {
            let input = &mut self.buffers.input;
            let received = self.protocol.receive(input.unread()).map_err(Error::InvalidReply)?;
            let Received { consumed, event } = received;
            let made = event.map(&mut read);
            input.consume(consumed);
            match made {
                Some(made) => return made,
                None => self.receive().await?,
            }
        }
    }
}

/// The window for a stream that keeps `bytes` for its reader: so many replies to puts fit there,
/// whatever they say, but one at least.
#[must_use]
pub const fn window_for(bytes: usize) -> u32 {
    let replies = bytes / metric_proto::WRONG_COMMAND.len();
    if replies == 0 {
        1
    } else if replies > u32::MAX as usize {
        u32::MAX
    } else {
        replies as u32
    }
}
