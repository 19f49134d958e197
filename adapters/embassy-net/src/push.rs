//! Reports the samples of a store to a server elsewhere.

use core::cell::{Cell, RefCell};

use embassy_net::tcp::ConnectError;
use embassy_net::{IpEndpoint, Stack};
use embassy_time::{Duration, Instant, Timer};
use embedded_io_async::{Read, Write};
use metric_driver::client::Error;
use metric_proto::{FixedStore, Key, Limits, MAX_REQUEST, Sample};

use crate::backlog::Backlog;
use crate::backoff::Backoff;
use crate::client::{Client, ClientBuffers, ClientSocket};
use crate::server_time::{REQUEST, ServerTime};

/// The counters of [`push`], since the board started. They are for tasks of one executor, as
/// [`Counters`](crate::Counters) are, and wrap around after 4,294,967,295.
#[derive(Debug, Default)]
pub struct PushCounters {
    reported: Cell<u32>,
    refused: Cell<u32>,
    dropped: Cell<u32>,
    attempts: Cell<u32>,
}

impl PushCounters {
    /// Creates counters of 0.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            reported: Cell::new(0),
            refused: Cell::new(0),
            dropped: Cell::new(0),
            attempts: Cell::new(0),
        }
    }

    /// Returns how many samples the server has stored.
    #[must_use]
    pub fn reported(&self) -> u32 {
        self.reported.get()
    }

    /// Returns how many samples the server has refused. They are not sent again.
    #[must_use]
    pub fn refused(&self) -> u32 {
        self.refused.get()
    }

    /// Returns how many samples will never be reported, since the store has evicted them, or since a
    /// newer one of their series was reported before they came. It is counted whenever all others are
    /// reported, so after an outage, not during it.
    #[must_use]
    pub fn dropped(&self) -> u32 {
        self.dropped.get()
    }

    /// Returns how often the board has tried to connect.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts.get()
    }
}

/// Reports all samples of a store to a server, one after the other, for ever; takes one of the
/// stack's sockets.
///
/// Samples of keys that begin with `own` and a dot, and whose timestamps are seconds since boot, are reported at
/// the time of the server, in its unit, if it tells its time over HTTP as metric-smol does. Those of others
/// are reported as they are.
///
/// If the server cannot be reached, tries again after 1 second, then 2, 4 and so on up to 60. What is
/// put meanwhile waits in the store; see [`Backlog`]. A sample whose answer was lost is sent again,
/// with the value that the store then has.
///
/// # Panics
///
/// If the stack has no socket left.
pub async fn push<const SERIES: usize, const SAMPLES: usize, const KEY: usize>(
    stack: Stack<'_>,
    server: IpEndpoint,
    own: &str,
    store: &RefCell<FixedStore<SERIES, SAMPLES, KEY>>,
    counters: &PushCounters,
) -> ! {
    let mut buffers = ClientBuffers::<RX, TX>::new();
    let mut backlog = Backlog::new();
    let mut pauses = Backoff::new();
    let mut times = Times { own, server: None };
    loop {
        // The stack's own wait keeps the waker of one task only, which may be another.
        while !stack.is_config_up() {
            Timer::after(LOOK).await;
        }
        add(&counters.attempts);
        let connected = match times.learn(&mut buffers, stack, server).await {
            Ok(()) => buffers.connect(stack, server, LIMITS, TIME).await,
            Err(error) => Err(error),
        };
        if let Ok(mut client) = connected {
            let state = (&mut pauses, &times, counters);
            report(&mut client, store, &mut backlog, state).await;
        }
        Timer::after(pauses.next_pause()).await;
    }
}

/// The timestamps with which samples are reported.
struct Times<'a> {
    own: &'a str,
    server: Option<ServerTime>,
}

impl Times<'_> {
    /// Asks a server for its time. If it does not tell, what it told before is kept.
    async fn learn(
        &mut self,
        buffers: &mut ClientBuffers<RX, TX>,
        stack: Stack<'_>,
        server: IpEndpoint,
    ) -> Result<(), ConnectError> {
        let mut socket = buffers.open(stack, server, TIME).await?;
        if let Some(time) = ask(&mut socket).await {
            self.server = Some(time.or_before(self.server));
        }
        let _ = socket.close().await;
        Ok(())
    }

    /// Returns a sample as it is reported, `uptime` seconds after the start of the board.
    fn reported(&self, key: Key<'_>, sample: Sample, uptime: i64) -> Sample {
        let is_own = key.as_str().strip_prefix(self.own).is_some_and(|rest| rest.starts_with('.'));
        let since_boot = (0..=uptime).contains(&sample.timestamp());
        let time = self.server.filter(|_| is_own && since_boot);
        let at = time.map_or(sample.timestamp(), |time| time.at(sample.timestamp()));
        // Its value is finite, as in the sample.
        Sample::new(sample.value(), at).unwrap_or(sample)
    }
}

/// Asks a server for its time; `None` if it does not tell.
async fn ask(socket: &mut ClientSocket<'_>) -> Option<ServerTime> {
    socket.write_all(REQUEST).await.ok()?;
    let (mut reply, mut length) = ([0; REPLY], 0);
    while ServerTime::is_told_by(&reply[..length]) {
        match socket.read(&mut reply[length..]).await.ok()? {
            0 => return None,
            count => length += count,
        }
        if let Some(time) = ServerTime::read(&reply[..length], uptime()) {
            return Some(time);
        }
    }
    None
}

fn uptime() -> i64 {
    Instant::now().as_secs() as i64
}

/// Reports samples until the connection fails, or an hour is over: the board's clock drifts, some tenths of a second in
/// that time, so the next connection asks for the server's time again.
async fn report<const SERIES: usize, const SAMPLES: usize, const KEY: usize>(
    client: &mut Client<'_, IN, MAX_REQUEST>,
    store: &RefCell<FixedStore<SERIES, SAMPLES, KEY>>,
    backlog: &mut Backlog<SERIES>,
    (pauses, times, counters): (&mut Backoff, &Times<'_>, &PushCounters),
) {
    loop {
        let next = backlog.next(&store.borrow());
        let Some((next, key)) = next.as_ref().and_then(|next| Some((next, next.key()?))) else {
            counters.dropped.set(backlog.dropped(&store) as u32);
            if uptime() % HOUR == HOUR - 1 {
                return;
            }
            Timer::after(LOOK).await;
            continue;
        };
        match client.put(key, times.reported(key, next.sample, uptime())).await {
            Ok(()) => add(&counters.reported),
            Err(Error::Refused | Error::KeyTooLong) => add(&counters.refused),
            Err(_) => return,
        }
        backlog.answered(next);
        pauses.reset();
    }
}

fn add(counter: &Cell<u32>) {
    counter.set(counter.get().wrapping_add(1));
}

/// The replies to puts are short.
const LIMITS: Limits = Limits::new(64, 8);
const IN: usize = LIMITS.min_input();

/// Seconds.
const HOUR: i64 = 3_600;

/// One reply is on the way, and one request.
const RX: usize = 48;
const TX: usize = MAX_REQUEST;

/// The time is in the first 300 bytes of a reply.
const REPLY: usize = 384;

/// The time-out of each step.
const TIME: Duration = Duration::from_secs(10);

/// The pause before the store is looked through again.
const LOOK: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &[u8] =
        b"HTTP/1.0 200 OK\r\n\r\n{\"unit\": \"ms\", \"now\": 1795944685000, \"a\": 0}";

    #[test]
    fn only_a_boards_own_seconds_since_boot_become_the_servers_time() {
        let server = ServerTime::read(INFO, 100);
        let reported = |server, key: &str, timestamp| {
            let times = Times { own: "hut", server };
            let sample = Sample::new(0.5, timestamp).unwrap();
            let reported = times.reported(Key::new(key).unwrap(), sample, 100);
            assert_eq!(reported.value().to_bits(), 0.5_f64.to_bits());
            reported.timestamp()
        };
        for (key, timestamp, due) in [
            ("hut.uptime", 100, 1_795_944_685_000),
            ("hut.uptime", 0, 1_795_944_585_000),
            ("hut.uptime", 101, 101),
            ("hut.uptime", -1, -1),
            ("hut.uptime", 1_795_944_685, 1_795_944_685),
            ("hut", 100, 100),
            ("hut2.uptime", 100, 100),
            ("cpu", 100, 100),
        ] {
            assert_eq!(reported(server, key, timestamp), due, "{key} {timestamp}");
            assert_eq!(reported(None, key, timestamp), timestamp);
        }
    }
}
