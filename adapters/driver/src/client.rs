//! A client over a byte stream.
//!
//! ```text
//!                      ┌─ put ──────▶ sends a request and reads its reply
//!   Client over a  ────┼─ samples ──▶ Samples: the reply to a get, one sample at a time
//!   stream             └─ puts ─────▶ Puts: pipelined requests
//! ```
//!
//! Pipelined requests have a window of outstanding replies. It is as small as the kernel's receive
//! buffer, so that the server can always send its replies: otherwise each side could wait for the
//! other to read.
//!
//! Each request begins and ends with no reply outstanding. If a call fails, or its future is dropped,
//! replies may still be outstanding. Later calls then return [`Error::OutOfStep`]: they never take
//! the reply to one request for the reply to another.
//!
//! ```
//! use embedded_io_async::{Read, Write};
//! use metric_driver::client::{Client, Error, window_for};
//! use metric_proto::{Key, Limits, MAX_REQUEST, Sample};
//!
//! const LIMITS: Limits = Limits::new(128, 48);
//! const IN: usize = LIMITS.min_input();
//!
//! /// Stores samples over a stream that buffers 512 received bytes; returns how many were refused.
//! async fn put<C: Read + Write>(
//!     stream: C,
//!     samples: impl Iterator<Item = (Key<'static>, Sample)>,
//! ) -> Result<usize, Error<C::Error>> {
//!     let mut client = Client::<_, IN, MAX_REQUEST>::new(stream, LIMITS, window_for(512));
//!     Ok(client.put_all(samples, |_, _| ()).await?.refused)
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

mod answer;
mod error;
mod puts;
mod samples;

use core::mem::take;

use embedded_io_async::{Read, Write};
use metric_proto::{Event, InvalidReply, Key, Limits, MAX_KEY, MAX_REQUEST, Received, Request};
use metric_proto::{Sample, Selector};

pub use answer::{Answer, Answers};
pub use error::Error;
pub use puts::Puts;
pub use samples::Samples;

use crate::buffers::Buffers;

/// A client over a byte stream, with `IN` bytes for replies and `OUT` for requests.
///
/// `IN` is at least [`Limits::min_input`], and `OUT` at least [`MAX_REQUEST`]. Keys take up to `KEY`
/// bytes; if these are more than [`MAX_KEY`], `OUT` is larger by as many.
///
/// The client becomes unusable if the future of a call is dropped, and by each error of which the
/// method does not say otherwise; [`is_usable`](Self::is_usable) tells. Connect again then: samples
/// without an answer may be stored or not.
#[derive(Debug)]
pub struct Client<C, const IN: usize, const OUT: usize, const KEY: usize = MAX_KEY> {
    stream: C,
    protocol: metric_proto::ClientConnection,
    buffers: Buffers<IN, OUT>,
    window: u32,
    /// False while a call is in progress, and for good once one has failed or was dropped.
    /// Independent of outstanding replies.
    in_step: bool,
}

impl<C: Read + Write, const IN: usize, const OUT: usize, const KEY: usize> Client<C, IN, OUT, KEY> {
    /// The room that any request takes.
    const REQUEST: usize = MAX_REQUEST - MAX_KEY + KEY;

    /// Creates a client over a stream on which nothing was sent yet.
    ///
    /// `limits` bounds the lines of replies. At most `window` replies to pipelined puts are
    /// outstanding; [`window_for`] computes it.
    ///
    /// # Panics
    ///
    /// If `IN` is smaller than [`Limits::min_input`], or `window` is 0. An `OUT` that is too small
    /// for a request does not compile.
    #[must_use]
    pub const fn new(stream: C, limits: Limits, window: u32) -> Self {
        const { assert!(OUT >= Self::REQUEST, "the output buffer is too small for a request") };
        assert!(IN >= limits.min_input(), "the input buffer is too small for a line");
        assert!(window > 0, "a window of no replies lets nothing be sent");
        let protocol = metric_proto::ClientConnection::new(limits);
        Self { stream, protocol, buffers: Buffers::new(), window, in_step: true }
    }

    /// Stores a sample and waits for the reply.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if a bound of the server prevents it, or [`Error::KeyTooLong`], after
    /// which the client stays usable; or any other [`Error`].
    pub async fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Error<C::Error>> {
        self.check(key)?;
        self.begin()?;
        self.send(&Request::Put { key, sample }).await?;
        self.flush().await?;
        let answer = self.answer().await?;
        self.in_step = true;
        if answer == Answer::Refused { Err(Error::Refused) } else { Ok(()) }
    }

    /// Requests samples, which are then read one at a time, in bounded memory.
    ///
    /// # Errors
    ///
    /// Any [`Error`] but [`Error::Refused`], which [`Samples::next`] returns.
    pub async fn samples<'c>(
        &'c mut self,
        selector: Selector<'_>,
    ) -> Result<Samples<'c, C, IN, OUT, KEY>, Error<C::Error>> {
        if let Selector::Key(key) = selector {
            self.check(key)?;
        }
        self.begin()?;
        self.send(&Request::Get(selector)).await?;
        self.flush().await?;
        self.in_step = true;
        Ok(Samples::new(self, selector))
    }

    /// Starts to store samples without waiting for each reply. Calls `answered` with the index of
    /// each put, counted from 0, and the answer to it, in the order of the puts.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfStep`], or [`Error::InvalidReply`] if the server sent bytes that no request
    /// asked for.
    pub fn puts<F: FnMut(usize, Answer)>(
        &mut self,
        answered: F,
    ) -> Result<Puts<'_, C, F, IN, OUT, KEY>, Error<C::Error>> {
        self.begin()?;
        self.in_step = true;
        Ok(Puts::new(self, answered))
    }

    /// Stores many samples without waiting for each reply, as [`puts`](Self::puts) does. Returns
    /// how many were stored and how many refused.
    ///
    /// No more samples than the window are without an answer at any time.
    ///
    /// # Errors
    ///
    /// Any [`Error`] but [`Error::Refused`], since `answered` is told of refusals.
    pub async fn put_all<'k>(
        &mut self,
        samples: impl IntoIterator<Item = (Key<'k>, Sample)>,
        answered: impl FnMut(usize, Answer),
    ) -> Result<Answers, Error<C::Error>> {
        let mut puts = self.puts(answered)?;
        for (key, sample) in samples {
            puts.put(key, sample).await?;
        }
        puts.finish().await
    }

    /// Returns the stream, for example to close it.
    pub fn into_stream(self) -> C {
        self.stream
    }

    /// Whether the client can be used for another request, as far as it knows. If not, connect
    /// again. A server that has closed the connection meanwhile is noticed by the next request.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.in_step && self.protocol.pending() == 0 && self.buffers.input.unread().is_empty()
    }

    /// Checks that there is room for a key.
    fn check(&self, key: Key<'_>) -> Result<(), Error<C::Error>> {
        if key.as_bytes().len() > KEY { Err(Error::KeyTooLong) } else { Ok(()) }
    }

    /// Begins a request, before which no reply is outstanding and no byte is unread.
    fn begin(&mut self) -> Result<(), Error<C::Error>> {
        if self.protocol.pending() > 0 {
            return Err(Error::OutOfStep);
        }
        self.protocol.receive(self.buffers.input.unread())?;
        self.resume()
    }

    /// Marks the client unusable until the call that resumes it has succeeded.
    fn resume(&mut self) -> Result<(), Error<C::Error>> {
        if take(&mut self.in_step) { Ok(()) } else { Err(Error::OutOfStep) }
    }

    /// Appends a request to the output, which is written first if there is no room.
    async fn send(&mut self, request: &Request<'_>) -> Result<(), Error<C::Error>> {
        if self.buffers.output.space().len() < Self::REQUEST {
            self.flush().await?;
        }
        let output = &mut self.buffers.output;
        // This cannot fail: there is room, and fewer than four billion replies are outstanding.
        let length = self.protocol.send(request, output.space()).map_err(|_| Error::OutOfStep)?;
        output.fill(length);
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Error<C::Error>> {
        let output = &mut self.buffers.output;
        while !output.unread().is_empty() {
            match self.stream.write(output.unread()).await.map_err(Error::of_stream)? {
                0 => return Err(Error::Ended),
                count => output.consume(count),
            }
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<(), Error<C::Error>> {
        let input = &mut self.buffers.input;
        match self.stream.read(input.space()).await.map_err(Error::of_stream)? {
            0 => return Err(Error::Ended),
            count => input.fill(count),
        }
        Ok(())
    }

    /// Returns the answer to the oldest put that has none.
    async fn answer(&mut self) -> Result<Answer, Error<C::Error>> {
        let read = |event: Event<'_>| match event {
            Event::Done => Ok(Answer::Stored),
            Event::Refused => Ok(Answer::Refused),
            _ => Err(InvalidReply::Unexpected.into()),
        };
        self.event(read).await
    }

    /// Returns what `read` makes of the next event.
    async fn event<T>(
        &mut self,
        mut read: impl FnMut(Event<'_>) -> Result<T, Error<C::Error>>,
    ) -> Result<T, Error<C::Error>> {
        loop {
            let input = &mut self.buffers.input;
            let received = self.protocol.receive(input.unread())?;
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

/// Returns the window for a stream with a receive buffer of `bytes`: the number of replies to puts
/// that surely fit, and at least 1.
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
