//! What the store needs of its surroundings: connections, and time.

use std::fmt::Debug;
use std::pin::Pin;
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, IntoConnectionInfo, RedisError};
use smol::Timer;

use crate::node::Address;
use crate::settings::Settings;

/// A future of any type.
pub(crate) type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The surroundings: those of a server program, or simulated ones.
pub(crate) trait World: Debug + Send + Sync {
    /// Connects to a server. The connection waits for replies without end.
    fn connect(
        &self,
        address: &Address,
        settings: &Settings,
    ) -> Boxed<Result<MultiplexedConnection, RedisError>>;

    /// Returns the time.
    fn now(&self) -> Instant;

    /// Waits.
    fn sleep(&self, time: Duration) -> Boxed<()>;
}

/// How long connecting may take.
const CONNECT: Duration = Duration::from_millis(500);

/// Sockets and clocks of the system, on smol's own threads.
#[derive(Debug)]
pub(crate) struct System;

impl World for System {
    fn connect(
        &self,
        address: &Address,
        settings: &Settings,
    ) -> Boxed<Result<MultiplexedConnection, RedisError>> {
        let client = client(address, settings);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(None);
        Box::pin(async move { client?.get_multiplexed_async_connection_with_config(&config).await })
    }

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, time: Duration) -> Boxed<()> {
        Box::pin(async move {
            Timer::after(time).await;
        })
    }
}

fn client(address: &Address, settings: &Settings) -> Result<Client, RedisError> {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = port.parse().unwrap_or_default();
    let address = match settings.tls() {
        None => ConnectionAddr::Tcp(host, port),
        Some(_) => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
    };
    let info = address
        .into_connection_info()?
        .set_redis_settings(settings.login().clone())
        .set_tcp_settings(TcpSettings::default().set_nodelay(true));
    match settings.tls() {
        None => Client::open(info),
        Some(tls) => tls.client(info),
    }
}
