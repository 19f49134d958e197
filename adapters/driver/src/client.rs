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
//! A client is in step with its server when no reply is due. Each request begins and ends there;
//! one that fails or is dropped on the way leaves the client out of step, and every later one says
//! so instead of taking another's reply for its own.
//!
//! ```
//! use embedded_io_async::{Read, Write};
//! use metric_driver::client::{Answer, Client, Error, window_for};
//! use metric_proto::{Key, Limits, MAX_REQUEST, Sample};
//!
//! const LIMITS: Limits = Limits::new(128, 48);
//! const IN: usize = LIMITS.min_input();
//!
//! /// Puts samples over a stream that keeps 512 bytes for its reader; counts those refused.
//! async fn put<C: Read + Write>(
//!     stream: C,
//!     samples: impl Iterator<Item = (Key<'static>, Sample)>,
//! ) -> Result<usize, Error<C::Error>> {
//!     let mut client = Client::<_, IN, MAX_REQUEST>::new(stream, LIMITS, window_for(512));
//!     let mut refused = 0;
//!     let answered = |_, answer| refused += usize::from(answer == Answer::Refused);
//!     client.put_all(samples, answered).await?;
//!     Ok(refused)
//! }
//! # struct Said(&'static [u8]);
//! # impl embedded_io_async::ErrorType for Said {
//! #     type Error = core::convert::Infallible;
//! # }
//! # impl Read for Said {
//! #     async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
//! #         self.0.read(buffer).await
//! #     }
//! # }
//! # impl Write for Said {
//! #     async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
//! #         Ok(bytes.len())
//! #     }
//! #     async fn flush(&mut self) -> Result<(), Self::Error> {
//! #         Ok(())
//! #     }
//! # }
//! # let stream = Said(b"ok\n\nerror\nwrong command\n\n");
//! # let sample = (Key::new("k")?, Sample::new(1.0, 1)?);
//! # assert_eq!(embassy_futures::block_on(put(stream, [sample; 2].into_iter()))?, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod puts;
mod samples;

use core::mem::take;

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
    protocol: metric_proto::ClientConnection,
    buffers: Buffers<IN, OUT>,
    window: u32,
    /// Whether each call that was begun has come to its end. That replies are due is another matter.
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
        let protocol = metric_proto::ClientConnection::new(limits);
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
    /// Any but [`Error::Refused`], which [`Samples::next`] tells.
    pub async fn samples<'c>(
        &'c mut self,
        selector: Selector<'_>,
    ) -> Result<Samples<'c, C, IN, OUT>, Error<C::Error>> {
        self.begin()?;
        self.send(&Request::Get(selector)).await?;
        self.flush().await?;
        self.in_step = true;
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
        self.in_step = true;
        Ok(Puts::new(self, answered))
    }

    /// Stores many samples without waiting for each reply; else as [`puts`](Self::puts).
    ///
    /// After an error, or if the future is dropped, the samples without an answer may be stored or
    /// not. No more than the window of them have been sent.
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

    /// Begins a request: nothing is due before it, and nothing came that was not.
    fn begin(&mut self) -> Result<(), Error<C::Error>> {
        if self.protocol.pending() > 0 {
            return Err(Error::OutOfStep);
        }
        self.protocol.receive(self.buffers.input.unread()).map_err(Error::InvalidReply)?;
        self.resume()
    }

    /// From here on a call that does not come to its end leaves the client out of step.
    fn resume(&mut self) -> Result<(), Error<C::Error>> {
        if take(&mut self.in_step) { Ok(()) } else { Err(Error::OutOfStep) }
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
            _ => Err(Error::InvalidReply(InvalidReply::Unexpected)),
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
            let Received { consumed, event, .. } = received;
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
