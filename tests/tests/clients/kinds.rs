//! Adapts the clients of desktops to the suite.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use metric_driver::client::{Answer, Answers};
use metric_proto::{Key, Sample, Selector};
use metric_tests::client_suite::{Failure, Kind, Subject, failure};

/// metric-smol's client.
pub(crate) struct Smol;

impl Kind for Smol {
    type Client = metric_smol::Client;
    const MANY: usize = 100_000;

    async fn connect(&self, server: SocketAddr, time: Duration) -> Self::Client {
        metric_smol::Client::connect(&server.to_string(), time).await.unwrap()
    }
}

/// metric-async-std's client.
pub(crate) struct AsyncStd;

impl Kind for AsyncStd {
    type Client = metric_async_std::Client;
    const MANY: usize = 100_000;

    async fn connect(&self, server: SocketAddr, time: Duration) -> Self::Client {
        metric_async_std::Client::connect(&server.to_string(), time).await.unwrap()
    }
}

/// metric-blocking's client.
pub(crate) struct Blocking;

impl Kind for Blocking {
    type Client = Waiting;
    const MANY: usize = 100_000;

    async fn connect(&self, server: SocketAddr, time: Duration) -> Self::Client {
        Waiting(metric_blocking::Client::connect(&server.to_string(), time).unwrap())
    }
}

/// The blocking client as a [`Subject`]. Each future is ready at its first poll.
pub(crate) struct Waiting(metric_blocking::Client);

impl Subject for Waiting {
    async fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Failure> {
        self.0.put(key, sample).map_err(failure)
    }

    async fn put_all<'k>(
        &mut self,
        samples: impl IntoIterator<Item = (Key<'k>, Sample)>,
        answered: impl FnMut(usize, Answer),
    ) -> Result<Answers, Failure> {
        self.0.put_all(samples, answered).map_err(failure)
    }

    async fn samples(
        &mut self,
        selector: Selector<'_>,
        mut visit: impl FnMut(Key<'_>, Sample),
    ) -> Result<(), Failure> {
        let mut samples = self.0.samples(selector).map_err(failure)?;
        while let Some((key, sample)) = samples.next().map_err(failure)? {
            visit(key, sample);
        }
        Ok(())
    }
    fn is_usable(&self) -> bool {
        self.0.is_usable()
    }
}

pub(crate) type Connect = fn(&str, Duration) -> Result<(), ErrorKind>;

/// Connects with each client, and drops the connection.
pub(crate) const CONNECT: [Connect; 3] = [
    |server, time| {
        let connected = smol::block_on(metric_smol::Client::connect(server, time));
        connected.map(drop).map_err(|error| error.kind())
    },
    |server, time| {
        let connect = metric_async_std::Client::connect(server, time);
        async_std::task::block_on(connect).map(drop).map_err(|error| error.kind())
    },
    |server, time| {
        metric_blocking::Client::connect(server, time).map(drop).map_err(|error| error.kind())
    },
];
