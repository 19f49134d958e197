//! The client of the runtimes, each call of which is run to its end.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use futures_lite::future::block_on;
use metric_proto::{Key, Sample, Selector};
use metric_tcp::client::{self, Answer, Error};

use crate::socket::Thread;

/// A connection to a server.
///
/// A call that fails, except with [`Error::Refused`], leaves the client out of step: it says so
/// from then on, and it takes a new one to go on. But [`Samples::next`] may be called again after
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

    /// Stores a sample, and waits for the server's word.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the server does not store it, for its bounds, or any other.
    pub fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Error> {
        block_on(self.0.put(key, sample))
    }

    /// Stores many samples without waiting for each reply: some 1,500 are on the way at once.
    /// `answered` is called with the index of each, counted from 0, and what the server said.
    ///
    /// # Errors
    ///
    /// Any but [`Error::Refused`]: refusals are told to `answered`. Samples without an answer are
    /// stored or not.
    pub fn put_all<'k>(
        &mut self,
        samples: impl IntoIterator<Item = (Key<'k>, Sample)>,
        answered: impl FnMut(usize, Answer),
    ) -> Result<(), Error> {
        block_on(self.0.put_all(samples, answered))
    }

    /// Begins to store samples without waiting for each reply, when they do not come from an
    /// iterator; else as [`put_all`](Self::put_all).
    ///
    /// # Errors
    ///
    /// [`Error::OutOfStep`], or [`Error::InvalidReply`] if something came that nobody asked for.
    pub fn puts<F: FnMut(usize, Answer)>(&mut self, answered: F) -> Result<Puts<'_, F>, Error> {
        self.0.puts(answered).map(Puts)
    }

    /// All samples that are selected, by key and in order of time; there is no key without samples.
    ///
    /// They are as many as the server has. What could be too many for memory, take a sample at a
    /// time, by [`samples`](Self::samples).
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the key is over the server's bound, or any other.
    pub fn get(&mut self, selector: Selector<'_>) -> Result<BTreeMap<String, Vec<Sample>>, Error> {
        block_on(self.0.get(selector))
    }

    /// Samples one at a time, in bounded memory, in the order in which the server sends them.
    ///
    /// # Errors
    ///
    /// Any but [`Error::Refused`], which [`Samples::next`] tells.
    pub fn samples(&mut self, selector: Selector<'_>) -> Result<Samples<'_>, Error> {
        block_on(self.0.samples(selector)).map(Samples)
    }
}

/// Puts on their way; see [`metric_driver::client::Puts`](client::Puts).
#[must_use = "nothing is sure to be sent before `finish`"]
#[derive(Debug)]
pub struct Puts<'c, F>(client::Puts<'c, Thread, F>);

impl<F: FnMut(usize, Answer)> Puts<'_, F> {
    /// Stores a sample, sooner or later.
    ///
    /// # Errors
    ///
    /// Any but [`Error::Refused`], and not only on behalf of this sample. All that follows is
    /// [`Error::OutOfStep`], or [`Error::InvalidReply`] if something came that nobody asked for.
    pub fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Error> {
        block_on(self.0.put(key, sample))
    }

    /// Waits until everything that was put has its answer.
    ///
    /// # Errors
    ///
    /// Any but [`Error::Refused`].
    pub fn settle(&mut self) -> Result<(), Error> {
        block_on(self.0.settle())
    }

    /// Waits until everything that was put has its answer, and gives the client back.
    ///
    /// # Errors
    ///
    /// Any but [`Error::Refused`].
    pub fn finish(self) -> Result<(), Error> {
        block_on(self.0.finish())
    }
}

/// A reply to a get, a sample at a time; see [`metric_driver::client::Samples`](client::Samples).
#[must_use = "the samples are read by `next`"]
#[derive(Debug)]
pub struct Samples<'c>(client::Samples<'c, Thread>);

impl Samples<'_> {
    /// The next sample and the key of its series, or `None` after the last.
    ///
    /// # Errors
    ///
    /// Any. [`Error::Refused`] leaves the client in step, and after [`Error::TimedOut`] this can be
    /// called again; everything else leaves it out of step.
    // Not an iterator: the key is borrowed until the next call.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<(Key<'_>, Sample)>, Error> {
        block_on(self.0.next())
    }
}
