//! Connections to the simulated engine, and a time that jumps.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisConnectionInfo, RedisError};
use smol::Executor;

use crate::node::Address;
use crate::settings::Settings;
use crate::simulated::cluster::Cluster;
use crate::world::{Boxed, World};

/// The surroundings of all stores of a run.
#[derive(Clone)]
pub(crate) struct Surroundings {
    executor: Arc<Executor<'static>>,
    cluster: Arc<Mutex<Cluster>>,
    clock: Arc<Mutex<Clock>>,
}

#[derive(Debug)]
struct Clock {
    now: Instant,
    /// Who waits until when, with a number.
    waiting: BTreeMap<(Instant, u64), Option<Waker>>,
    number: u64,
}

impl Surroundings {
    pub(crate) fn new(masters: usize) -> Self {
        let clock = Clock { now: Instant::now(), waiting: BTreeMap::new(), number: 0 };
        Self {
            executor: Arc::default(),
            cluster: Arc::new(Mutex::new(Cluster::new(masters))),
            clock: Arc::new(Mutex::new(clock)),
        }
    }

    pub(crate) fn cluster(&self) -> MutexGuard<'_, Cluster> {
        self.cluster.lock().expect("no holder panics")
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock().expect("no holder panics")
    }

    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.executor.spawn(future).detach();
    }

    /// Lets everybody go on until nobody can.
    pub(crate) fn settle(&self) {
        while self.executor.try_tick() {}
    }

    /// Goes on to when somebody waits no longer. Returns whether anybody waits.
    pub(crate) fn pass_time(&self) -> bool {
        let mut clock = self.clock();
        let Some(((until, _), waker)) = clock.waiting.pop_first() else { return false };
        clock.now = clock.now.max(until);
        drop(clock);
        waker.into_iter().for_each(Waker::wake);
        true
    }
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Surroundings")
    }
}

impl World for Surroundings {
    fn connect(
        &self,
        address: &Address,
        _: &Settings,
    ) -> Boxed<Result<MultiplexedConnection, RedisError>> {
        let (pipe, this) = (self.cluster().connect(address), self.clone());
        Box::pin(async move {
            let pipe = pipe.ok_or(io::Error::from(io::ErrorKind::ConnectionRefused))?;
            let config = AsyncConnectionConfig::new().set_response_timeout(None);
            let info = RedisConnectionInfo::default();
            let connected = MultiplexedConnection::new_with_config(&info, pipe, config).await;
            let (connection, driver) = connected?;
            this.spawn(driver);
            Ok(connection)
        })
    }

    fn now(&self) -> Instant {
        self.clock().now
    }

    fn sleep(&self, time: Duration) -> Boxed<()> {
        let mut clock = self.clock();
        clock.number += 1;
        let at = (clock.now + time, clock.number);
        Box::pin(Sleep { world: self.clone(), at })
    }
}

struct Sleep {
    world: Surroundings,
    at: (Instant, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut clock = self.world.clock();
        if clock.now >= self.at.0 {
            return Poll::Ready(());
        }
        clock.waiting.insert(self.at, Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.world.clock().waiting.remove(&self.at);
    }
}
