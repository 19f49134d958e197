//! The client on a desktop runtime: the driver's, with a socket, time-outs, and room for replies.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use metric_driver::client::{self, window_for};
use metric_proto::{Key, LONGEST_KEY, Limits, Sample, Selector};

pub use metric_driver::client::Answer;

use crate::connect::{Connect, Timed, connect};

/// Why a request was not done; see [`metric_driver::client::Error`].
pub type Error = client::Error<io::Error>;

/// Puts on their way; see [`metric_driver::client::Puts`].
pub type Puts<'c, T, F> = client::Puts<'c, Timed<T>, F, BUFFER, BUFFER, LONGEST_KEY>;

/// A reply to a get, a sample at a time; see [`metric_driver::client::Samples`].
pub type Samples<'c, T> = client::Samples<'c, Timed<T>, BUFFER, BUFFER, LONGEST_KEY>;

/// Bytes for requests, and as many for replies: some hundred of each go at once.
const BUFFER: usize = 16 * 1024;

/// What a socket surely keeps for its reader. Linux gives it 128 KiB, and 64 KiB is what TCP has
/// without window scaling; half of that is left for the bookkeeping of small segments.
const KEPT: usize = 32 * 1024;

/// A connection to a server, on the runtime `T`.
///
/// A call that fails, except with [`Error::Refused`], or whose future is dropped leaves the client
/// out of step: it says so from then on, and it takes a new one to go on. But `next` of [`Samples`]
/// may be dropped, and called again after [`Error::TimedOut`].
#[derive(Debug)]
pub struct Client<T: Connect> {
    inner: Box<client::Client<Timed<T>, BUFFER, BUFFER, LONGEST_KEY>>,
}

impl<T: Connect> Client<T> {
    /// Connects to a server that is named as an [`Address`](crate::Address), within `time`, which is
    /// also what each later read or write may take. If the name stands for several addresses, the
    /// next is tried when one has failed or said nothing for a quarter of a second.
    ///
    /// # Errors
    ///
    /// - [`InvalidInput`](io::ErrorKind::InvalidInput) if `server` is not an address,
    /// - [`TimedOut`](io::ErrorKind::TimedOut) when the time was up,
    /// - else any `io::Error` of getaddrinfo(3) or, for the address that failed last, connect(2).
    pub async fn connect(server: &str, time: Duration) -> io::Result<Self> {
        let stream = connect(server, time).await?;
        let inner = client::Client::new(stream, Limits::WIDEST, window_for(KEPT));
        Ok(Self { inner: Box::new(inner) })
    }

    /// Stores a sample, and waits for the server's word.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the server does not store it, for its bounds, or any other.
    pub async fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Error> {
        self.inner.put(key, sample).await
    }

    /// Stores many samples without waiting for each reply: some 1,500 are on the way at once.
    /// `answered` is called with the index of each, counted from 0, and what the server said.
    ///
    /// # Errors
    ///
    /// Any but [`Error::Refused`]: refusals are told to `answered`. Samples without an answer are
    /// stored or not.
    pub async fn put_all<'k>(
        &mut self,
        samples: impl IntoIterator<Item = (Key<'k>, Sample)>,
        answered: impl FnMut(usize, Answer),
    ) -> Result<(), Error> {
        self.inner.put_all(samples, answered).await
    }

    /// Begins to store samples without waiting for each reply, when they do not come from an
    /// iterator; else as [`put_all`](Self::put_all).
    ///
    /// # Errors
    ///
    /// [`Error::OutOfStep`], or [`Error::InvalidReply`] if something came that nobody asked for.
    pub fn puts<F: FnMut(usize, Answer)>(&mut self, answered: F) -> Result<Puts<'_, T, F>, Error> {
        self.inner.puts(answered)
    }

    /// All samples that are selected, by key and in order of time; there is no key without samples.
    ///
    /// They are as many as the server has. What could be too many for memory, take a sample at a
    /// time, by [`samples`](Self::samples).
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the key is over the server's bound, or any other.
    pub async fn get(
        &mut self,
        selector: Selector<'_>,
    ) -> Result<BTreeMap<String, Vec<Sample>>, Error> {
        let mut series = BTreeMap::<String, Vec<Sample>>::new();
        let mut samples = self.samples(selector).await?;
        while let Some((key, sample)) = samples.next().await? {
            match series.get_mut(key.as_str()) {
                Some(series) => series.push(sample),
                None => drop(series.insert(key.as_str().to_owned(), vec![sample])),
            }
        }
        Ok(series)
    }

    /// Samples one at a time, in bounded memory, in the order in which the server sends them.
    ///
    /// # Errors
    ///
    /// Any but [`Error::Refused`], which `next` of the samples tells.
    pub async fn samples(&mut self, selector: Selector<'_>) -> Result<Samples<'_, T>, Error> {
        self.inner.samples(selector).await
    }
}
