//! The connection to one server of the engine, which all handles share.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisError, Value};
use smol::future::or;
use smol::lock::Mutex;

use crate::settings::Settings;
use crate::world::World;

/// `HOST:PORT`
pub(crate) type Address = Arc<str>;

/// How long a failure to connect is the answer to all who want to.
const AGAIN: Duration = Duration::from_millis(50);

/// A server of the engine.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) address: Address,
    world: Arc<dyn World>,
    state: Mutex<State>,
    /// Whether the log has been told that it fails.
    told: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    connection: Option<MultiplexedConnection>,
    /// How many connections there were.
    number: u64,
    failed: Option<(Instant, String)>,
}

/// What became of commands, of none of which there is a reply.
#[derive(Clone, Debug)]
pub(crate) enum Broken {
    /// They were not sent.
    NotSent(String),
    /// The server has ended the connection. It may have done them, and will not any more.
    Ended(String),
    /// The server is silent. It may still do them.
    Silent,
}

impl Node {
    pub(crate) fn new(address: Address, world: Arc<dyn World>) -> Self {
        Self { address, world, state: Mutex::default(), told: AtomicBool::new(false) }
    }

    /// Sends commands, and returns as many replies.
    ///
    /// # Errors
    ///
    /// [`Broken`]: then the connection is given up.
    pub(crate) async fn send(
        &self,
        pipeline: &Pipeline,
        settings: &Settings,
    ) -> Result<Vec<Value>, Broken> {
        let (mut connection, number) = self.connect(settings).await.map_err(Broken::NotSent)?;
        let count = pipeline.len();
        let sent = async { Some(connection.send_packed_commands(pipeline, 0, count).await) };
        let silence = async {
            self.world.sleep(settings.silence).await;
            None
        };
        let broken = match or(sent, silence).await {
            None => Broken::Silent,
            Some(Ok(values)) if values.len() == count => return Ok(values),
            // It is no server of the protocol.
            Some(Ok(_)) => Broken::Silent,
            Some(Err(error)) => broken(&error),
        };
        self.drop(number).await;
        self.tell(&broken.to_string());
        Err(broken)
    }

    /// Returns the connection with its number.
    async fn connect(&self, settings: &Settings) -> Result<(MultiplexedConnection, u64), String> {
        let mut state = self.state.lock().await;
        if let Some(connection) = &state.connection {
            return Ok((connection.clone(), state.number));
        }
        if let Some((failed, error)) = &state.failed
            && self.world.now() - *failed < AGAIN
        {
            return Err(error.clone());
        }
        match self.world.connect(&self.address, settings).await {
            Ok(connection) => {
                state.connection = Some(connection.clone());
                (state.number, state.failed) = (state.number + 1, None);
                if self.told.swap(false, Relaxed) {
                    log::info!("the engine at {} answers again", self.address);
                }
                Ok((connection, state.number))
            }
            Err(error) => {
                let error = error.to_string();
                self.tell(&error);
                state.failed = Some((self.world.now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Gives up a connection, unless another one has taken its place.
    async fn drop(&self, number: u64) {
        let mut state = self.state.lock().await;
        if state.number == number {
            state.connection = None;
        }
    }

    fn tell(&self, error: &str) {
        if !self.told.swap(true, Relaxed) {
            log::warn!("the engine at {} fails: {error}", self.address);
        }
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotSent(error) | Self::Ended(error) => f.write_str(error),
            Self::Silent => f.write_str("it is silent"),
        }
    }
}

/// Only the end of the connection, by the server, tells that nothing more will be done. A reply that cannot be
/// read may be followed by others, and what the system or TLS has to say of the way says nothing of the server.
fn broken(error: &RedisError) -> Broken {
    if error.is_connection_dropped() && !error.is_timeout() {
        Broken::Ended(error.to_string())
    } else {
        Broken::Silent
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn only_the_end_of_a_connection_says_that_nothing_more_is_done() {
        for (kind, is_end) in [
            (ErrorKind::ConnectionReset, true),
            (ErrorKind::UnexpectedEof, true),
            (ErrorKind::BrokenPipe, true),
            (ErrorKind::TimedOut, false),
            (ErrorKind::HostUnreachable, false),
            // TLS that cannot be read.
            (ErrorKind::InvalidData, false),
        ] {
            let broken = broken(&Error::from(kind).into());
            assert_eq!(matches!(broken, Broken::Ended(_)), is_end, "{kind:?}: {broken:?}");
        }
    }
}
