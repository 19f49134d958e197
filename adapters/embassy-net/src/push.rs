//! Reports the samples of a store to a server elsewhere.

use core::cell::{Cell, RefCell};

use embassy_net::{IpEndpoint, Stack};
use embassy_time::{Duration, Timer};
use metric_driver::client::Error;
use metric_proto::{FixedStore, Limits, MAX_REQUEST};

use crate::backlog::Backlog;
use crate::backoff::Backoff;
use crate::client::{Client, ClientBuffers};

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
    store: &RefCell<FixedStore<SERIES, SAMPLES, KEY>>,
    counters: &PushCounters,
) -> ! {
    let mut buffers = ClientBuffers::<RX, TX>::new();
    let mut backlog = Backlog::new();
    let mut pauses = Backoff::new();
    loop {
        // The stack's own wait keeps the waker of one task only, which may be another.
        while !stack.is_config_up() {
            Timer::after(LOOK).await;
        }
        add(&counters.attempts);
        if let Ok(mut client) = buffers.connect(stack, server, LIMITS, TIME).await {
            report(&mut client, store, &mut backlog, (&mut pauses, counters)).await;
        }
        Timer::after(pauses.next_pause()).await;
    }
}

/// Reports samples until the connection fails.
async fn report<const SERIES: usize, const SAMPLES: usize, const KEY: usize>(
    client: &mut Client<'_, IN, MAX_REQUEST>,
    store: &RefCell<FixedStore<SERIES, SAMPLES, KEY>>,
    backlog: &mut Backlog<SERIES>,
    (pauses, counters): (&mut Backoff, &PushCounters),
) {
    loop {
        let next = backlog.next(&store.borrow());
        let Some((next, key)) = next.as_ref().and_then(|next| Some((next, next.key()?))) else {
            counters.dropped.set(backlog.dropped(&store) as u32);
            Timer::after(LOOK).await;
            continue;
        };
        match client.put(key, next.sample).await {
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

/// One reply is on the way, and one request.
const RX: usize = 64;
const TX: usize = MAX_REQUEST;

/// The time-out of each step.
const TIME: Duration = Duration::from_secs(10);

/// The pause before the store is looked through again.
const LOOK: Duration = Duration::from_secs(1);
