//! The blocking client: runs each call of the async client to completion.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use futures_lite::future::block_on;
use metric_proto::{Key, Sample, Selector};
use metric_tcp::client::{self, Answer, Error};

use crate::socket::Thread;

/// A connection to a server.
///
/// If a call fails with anything but [`Error::Refused`], the client is out of step, and all later
/// calls fail: create a new one. As an exception, [`Samples::next`] may be called again after
/// [`Error::TimedOut`].
#[derive(Debug)]
pub struct Client(client::Client<Thread>);

impl Client {
    /// Connects to a server that is named as an [`Address`](crate::Address), within `time`,
    /// which is also what each later read or write may take. If the name stands for several
    /// addresses, the next is tried when one has failed or said nothing for a quarter of a second.
    ///
    /// # Errors
    ///
    /// - [`InvalidInput`](io::ErrorKind::InvalidInput) if `server` is not an address or `time` is
    ///   zero,
    /// - [`TimedOut`](io::ErrorKind::TimedOut) when the time was up,
    /// - else any `io::Error` of getaddrinfo(3) or, for the address that failed last, connect(2).
    pub fn connect(server: &str, time: Duration) -> io::Result<Self> {
        if time.is_zero() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no time to connect"));
        }
        block_on(client::Client::connect(server, time)).map(Self)
    }

    /// Stores a sample and waits for the reply.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if a bound of the server prevents it, or any other [`Error`].
    pub fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Error> {
        block_on(self.0.put(key, sample))
    }

    /// Stores many samples, pipelined: up to about 1,500 are in flight. Calls `answered` with each
    /// sample's index, counted from 0, and the server's answer.
    ///
    /// # Errors
    ///
    /// Any [`Error`] but [`Error::Refused`], because `answered` gets the refusals. Samples without
    /// an answer may be stored or not.
    pub fn put_all<'k>(
        &mut self,
        samples: impl IntoIterator<Item = (Key<'k>, Sample)>,
        answered: impl FnMut(usize, Answer),
    ) -> Result<(), Error> {
        block_on(self.0.put_all(samples, answered))
    }

    /// Starts to store samples, pipelined like [`put_all`](Self::put_all), for samples that do not
    /// come from an iterator.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfStep`], or [`Error::InvalidReply`] if the server sent unexpected bytes.
    pub fn puts<F: FnMut(usize, Answer)>(&mut self, answered: F) -> Result<Puts<'_, F>, Error> {
        self.0.puts(answered).map(Puts)
    }

    /// Returns the selected samples by key, in order of time. Keys without samples are absent.
    ///
    /// The result has all samples that the server sends. If they may not fit into memory, read one
    /// at a time with [`samples`](Self::samples).
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the key is longer than the server allows, or any other [`Error`].
    pub fn get(&mut self, selector: Selector<'_>) -> Result<BTreeMap<String, Vec<Sample>>, Error> {
        block_on(self.0.get(selector))
    }

    /// Returns the selected samples one at a time, in bounded memory, in the server's order.
    ///
    /// # Errors
    ///
    /// Any [`Error`] but [`Error::Refused`], which [`Samples::next`] returns.
    pub fn samples(&mut self, selector: Selector<'_>) -> Result<Samples<'_>, Error> {
        block_on(self.0.samples(selector)).map(Samples)
    }
}

/// Pipelined puts; see [`metric_driver::client::Puts`](client::Puts).
#[must_use = "puts may not be sent before `finish`"]
#[derive(Debug)]
pub struct Puts<'c, F>(client::Puts<'c, Thread, F>);

impl<F: FnMut(usize, Answer)> Puts<'_, F> {
    /// Queues a put. It is sent at the latest by [`settle`](Self::settle) or
    /// [`finish`](Self::finish).
    ///
    /// # Errors
    ///
    /// Any [`Error`] but [`Error::Refused`], perhaps of an earlier put. Later calls fail with
    /// [`Error::OutOfStep`], or with [`Error::InvalidReply`] if the server sent unexpected bytes.
    pub fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Error> {
        block_on(self.0.put(key, sample))
    }

    /// Waits until all puts are answered.
    ///
    /// # Errors
    ///
    /// Any [`Error`] but [`Error::Refused`].
    pub fn settle(&mut self) -> Result<(), Error> {
        block_on(self.0.settle())
    }

    /// Waits until all puts are answered, and releases the client.
    ///
    /// # Errors
    ///
    /// Any [`Error`] but [`Error::Refused`].
    pub fn finish(self) -> Result<(), Error> {
        block_on(self.0.finish())
    }
}

/// The samples of a reply, one at a time; see [`metric_driver::client::Samples`](client::Samples).
#[must_use = "`next` reads the samples"]
#[derive(Debug)]
pub struct Samples<'c>(client::Samples<'c, Thread>);

impl Samples<'_> {
    /// Returns the next sample and its key, or `None` after the last.
    ///
    /// # Errors
    ///
    /// Any [`Error`]. The client stays usable after [`Error::Refused`], and `next` may be called
    /// again after [`Error::TimedOut`]. After any other error the client is out of step.
    // Not an iterator: the key is borrowed until the next call.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<(Key<'_>, Sample)>, Error> {
        block_on(self.0.next())
    }
}
