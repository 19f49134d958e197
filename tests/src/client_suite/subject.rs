//! The traits that the suite needs of a client.

use std::fmt::Display;
use std::net::SocketAddr;
use std::time::Duration;

use embedded_io_async::{Read, Write};
use metric_driver::client::{Answer, Answers, Client, Error};
use metric_proto::{Key, Sample, Selector};
use metric_tcp::{Connect, client as desktop};

/// A client's error, with the stream's own error as text.
pub type Failure = Error<String>;

/// A kind of client.
// The suite awaits all futures in place, so that none need be `Send`.
#[allow(async_fn_in_trait)]
pub trait Kind {
    /// The client.
    type Client: Subject;

    /// The number of puts in a test of many puts. It must not take minutes.
    const MANY: usize;

    /// Connects a client with a time-out of `time`.
    async fn connect(&self, server: SocketAddr, time: Duration) -> Self::Client;
}

/// A connected client.
#[allow(async_fn_in_trait)]
pub trait Subject {
    /// Stores a sample.
    async fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Failure>;

    /// Stores many samples without waiting for each reply.
    async fn put_all<'k>(
        &mut self,
        samples: impl IntoIterator<Item = (Key<'k>, Sample)>,
        answered: impl FnMut(usize, Answer),
    ) -> Result<Answers, Failure>;

    /// Calls `visit` with each sample of a reply as it arrives.
    async fn samples(
        &mut self,
        selector: Selector<'_>,
        visit: impl FnMut(Key<'_>, Sample),
    ) -> Result<(), Failure>;

    /// Returns whether the client can make another request.
    fn is_usable(&self) -> bool;
}

/// Converts the stream's own error to text.
pub fn failure<E: Display>(error: Error<E>) -> Failure {
    match error {
        Error::Refused => Error::Refused,
        Error::KeyTooLong => Error::KeyTooLong,
        Error::InvalidKey(error) => Error::InvalidKey(error),
        Error::NotFinite(error) => Error::NotFinite(error),
        Error::InvalidReply(error) => Error::InvalidReply(error),
        Error::Ended => Error::Ended,
        Error::TimedOut => Error::TimedOut,
        Error::Stream(error) => Error::Stream(error.to_string()),
        Error::OutOfStep => Error::OutOfStep,
        error => panic!("a new error: {error}"),
    }
}

impl<C, const IN: usize, const OUT: usize, const KEY: usize> Subject for Client<C, IN, OUT, KEY>
where
    C: Read<Error: Display> + Write,
{
    async fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Failure> {
        self.put(key, sample).await.map_err(failure)
    }

    async fn put_all<'k>(
        &mut self,
        samples: impl IntoIterator<Item = (Key<'k>, Sample)>,
        answered: impl FnMut(usize, Answer),
    ) -> Result<Answers, Failure> {
        self.put_all(samples, answered).await.map_err(failure)
    }

    async fn samples(
        &mut self,
        selector: Selector<'_>,
        mut visit: impl FnMut(Key<'_>, Sample),
    ) -> Result<(), Failure> {
        let mut samples = self.samples(selector).await.map_err(failure)?;
        while let Some((key, sample)) = samples.next().await.map_err(failure)? {
            visit(key, sample);
        }
        Ok(())
    }
    fn is_usable(&self) -> bool {
        self.is_usable()
    }
}

impl<T: Connect> Subject for desktop::Client<T> {
    async fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Failure> {
        Subject::put(&mut **self, key, sample).await
    }

    async fn put_all<'k>(
        &mut self,
        samples: impl IntoIterator<Item = (Key<'k>, Sample)>,
        answered: impl FnMut(usize, Answer),
    ) -> Result<Answers, Failure> {
        Subject::put_all(&mut **self, samples, answered).await
    }

    async fn samples(
        &mut self,
        selector: Selector<'_>,
        visit: impl FnMut(Key<'_>, Sample),
    ) -> Result<(), Failure> {
        Subject::samples(&mut **self, selector, visit).await
    }

    fn is_usable(&self) -> bool {
        Subject::is_usable(&**self)
    }
}
