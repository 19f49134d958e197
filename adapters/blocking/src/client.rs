//! The blocking client: runs each call of the async client to completion.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use futures_lite::future::block_on;
use metric_driver::client::{Answer, Answers};
use metric_proto::{Key, Sample, Selector};
use metric_tcp::client::{self, Error};

use crate::socket::Thread;

/// A connection to a server. Each method waits for the async method to which it links, and returns
/// its errors.
#[derive(Debug)]
pub struct Client(client::Client<Thread>);

impl Client {
    /// Connects to a server; see [`Client::connect`](client::Client::connect).
    pub fn connect(server: &str, time: Duration) -> io::Result<Self> {
        block_on(client::Client::connect(server, time)).map(Self)
    }

    /// Stores a value with the time now; see [`Client::put_now`](client::Client::put_now).
    pub fn put_now(&mut self, key: &str, value: f64) -> Result<(), Error> {
        block_on(self.0.put_now(key, value))
    }

    /// Stores a sample; see [`Client::put`](metric_driver::client::Client::put).
    pub fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Error> {
        block_on(self.0.put(key, sample))
    }

    /// Stores many samples, pipelined; see
    /// [`Client::put_all`](metric_driver::client::Client::put_all).
    pub fn put_all<'k>(
        &mut self,
        samples: impl IntoIterator<Item = (Key<'k>, Sample)>,
        answered: impl FnMut(usize, Answer),
    ) -> Result<Answers, Error> {
        block_on(self.0.put_all(samples, answered))
    }

    /// Starts to store samples, pipelined; see
    /// [`Client::puts`](metric_driver::client::Client::puts).
    pub fn puts<F: FnMut(usize, Answer)>(&mut self, answered: F) -> Result<Puts<'_, F>, Error> {
        self.0.puts(answered).map(Puts)
    }

    /// Returns the selected samples by key; see [`Client::get`](client::Client::get).
    pub fn get(&mut self, selector: Selector<'_>) -> Result<BTreeMap<String, Vec<Sample>>, Error> {
        block_on(self.0.get(selector))
    }

    /// Returns the selected samples one at a time; see
    /// [`Client::samples`](metric_driver::client::Client::samples).
    pub fn samples(&mut self, selector: Selector<'_>) -> Result<Samples<'_>, Error> {
        block_on(self.0.samples(selector)).map(Samples)
    }

    /// Whether another request can be made; see
    /// [`Client::is_usable`](metric_driver::client::Client::is_usable).
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.0.is_usable()
    }
}

/// Pipelined puts; see [`metric_driver::client::Puts`].
#[must_use = "puts may not be sent before `finish`"]
#[derive(Debug)]
pub struct Puts<'c, F>(client::Puts<'c, Thread, F>);

impl<F: FnMut(usize, Answer)> Puts<'_, F> {
    /// Queues a put; see [`Puts::put`](metric_driver::client::Puts::put).
    pub fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Error> {
        block_on(self.0.put(key, sample))
    }

    /// Waits for all replies; see [`Puts::settle`](metric_driver::client::Puts::settle).
    pub fn settle(&mut self) -> Result<(), Error> {
        block_on(self.0.settle())
    }

    /// Waits for all replies and counts them; see
    /// [`Puts::finish`](metric_driver::client::Puts::finish).
    pub fn finish(self) -> Result<Answers, Error> {
        block_on(self.0.finish())
    }
}

/// A reply to a get, one sample at a time; see [`metric_driver::client::Samples`].
#[must_use = "`next` reads the samples"]
#[derive(Debug)]
pub struct Samples<'c>(client::Samples<'c, Thread>);

impl Samples<'_> {
    /// Returns the next sample; see [`Samples::next`](metric_driver::client::Samples::next).
    // Not an iterator: the key is borrowed until the next call.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<(Key<'_>, Sample)>, Error> {
        block_on(self.0.next())
    }
}
