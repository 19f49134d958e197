//! The client on a desktop runtime: the driver's client, connected by a socket with time-outs.

use std::collections::BTreeMap;
use std::io;
use std::ops::{Deref, DerefMut};
use std::time::{Duration, UNIX_EPOCH};

use metric_driver::client::{self, window_for};
use metric_proto::{Key, LONGEST_KEY, Limits, Sample, Selector};

pub use metric_driver::client::{Answer, Answers};

use crate::connect::{Connect, Timed, connect};

/// Why a request failed; see [`metric_driver::client::Error`].
pub type Error = client::Error<io::Error>;

/// Pipelined puts; see [`metric_driver::client::Puts`].
pub type Puts<'c, T, F> = client::Puts<'c, Timed<T>, F, BUFFER, BUFFER, LONGEST_KEY>;

/// A reply to a get, one sample at a time; see [`metric_driver::client::Samples`].
pub type Samples<'c, T> = client::Samples<'c, Timed<T>, BUFFER, BUFFER, LONGEST_KEY>;

/// Bytes for requests, and as many for replies: some hundreds of each are sent at once.
const BUFFER: usize = 16 * 1024;

/// The smallest receive buffer that a kernel provides. Linux provides 128 KiB, and TCP without window
/// scaling allows 64 KiB, of which half is left for the bookkeeping of small segments.
const RECEIVE_BUFFER: usize = 32 * 1024;

/// A connection to a server, on the runtime `T`.
///
/// It points to the driver's client, since 32 KiB of buffers are too large to be moved, and has the
/// methods of that: [`put`](client::Client::put), [`put_all`](client::Client::put_all) and
/// [`puts`](client::Client::puts), which pipelines up to about 1,500 samples,
/// [`samples`](client::Client::samples), and [`is_usable`](client::Client::is_usable). Here are those
/// for which a system is needed.
#[derive(Debug)]
pub struct Client<T: Connect>(Box<client::Client<Timed<T>, BUFFER, BUFFER, LONGEST_KEY>>);

impl<T: Connect> Client<T> {
    /// Connects to a server that is named as an [`Address`](crate::Address), within `time`, which is
    /// also what each later read or write may take. If the name stands for several addresses, the
    /// next is tried when one has failed or said nothing for a quarter of a second.
    ///
    /// # Errors
    ///
    /// - [`InvalidInput`](io::ErrorKind::InvalidInput) if `server` is not an address or `time` is
    ///   zero,
    /// - [`TimedOut`](io::ErrorKind::TimedOut) when the time was up,
    /// - else any `io::Error` of getaddrinfo(3) or, for the address that failed last, connect(2).
    pub async fn connect(server: &str, time: Duration) -> io::Result<Self> {
        let stream = connect(server, time).await?;
        let client = client::Client::new(stream, Limits::WIDEST, window_for(RECEIVE_BUFFER));
        Ok(Self(Box::new(client)))
    }

    /// Stores a value with the time now, in seconds since 1970, and waits for the reply. A server with
    /// another unit takes such a time for January 1970: put a timestamp of its unit instead.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidKey`] and [`Error::NotFinite`], after which the client stays usable; else as
    /// [`put`](client::Client::put).
    pub async fn put_now(&mut self, key: &str, value: f64) -> Result<(), Error> {
        let (key, sample) = (Key::new(key)?, Sample::new(value, now())?);
        self.put(key, sample).await
    }

    /// Returns the selected samples by key, in order of time. Keys without samples are absent.
    ///
    /// The result has all samples that the server sends. If they may not fit into memory, read one
    /// at a time with [`samples`](client::Client::samples).
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the key is longer than the server allows, after which the client stays
    /// usable; or any other [`Error`].
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
}

impl<T: Connect> Deref for Client<T> {
    type Target = client::Client<Timed<T>, BUFFER, BUFFER, LONGEST_KEY>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T: Connect> DerefMut for Client<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

/// Seconds since 1970, or 0 if the clock is set to an earlier time.
fn now() -> i64 {
    UNIX_EPOCH.elapsed().unwrap_or_default().as_secs().cast_signed()
}
