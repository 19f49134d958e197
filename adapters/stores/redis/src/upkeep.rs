//! What keeps the store in order: sealing what was put often, and now and then everything else.

use std::sync::Weak;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use smol::Timer;
use smol::channel::Receiver;
use smol::future::or;

use crate::command::{Group, Names};
use crate::engine::Engine;
use crate::layout::{Kind, PARTS, name};
use crate::names::Merge;
use crate::reply::number;
use crate::route::Purpose;
use crate::seal::seal;

/// How many series are sealed at once. Their scripts take a server some 2 ms, while it does nothing else.
const TOGETHER: usize = 8;

/// The time between two looks at series that may be idle.
const LOOK: Duration = Duration::from_secs(1);

/// How many of them are looked at.
const LOOKED_AT: usize = 256;

/// How many samples must be in a head for it to be sealed though its series is idle.
const WORTH: usize = 16;

/// The time between two counts of all series.
const COUNT: Duration = Duration::from_secs(10);

/// Seals what is due until the engine is dropped.
pub(crate) async fn keep(engine: Weak<Engine>, due: Receiver<Box<[u8]>>) {
    let mut sweep = Sweep { names: None, counted: None, looked: Instant::now() };
    loop {
        let wait = LOOK.saturating_sub(sweep.looked.elapsed());
        let key = or(async { due.recv().await.ok() }, async {
            Timer::after(wait).await;
            None
        });
        let key = key.await;
        let Some(engine) = engine.upgrade() else { return };
        if let Some(key) = key {
            let mut keys = vec![key];
            keys.extend(std::iter::from_fn(|| due.try_recv().ok()).take(TOGETHER - 1));
            seal(&engine, &keys, engine.settings.seal_at / 2).await;
        }
        if sweep.looked.elapsed() >= LOOK {
            sweep.look(&engine).await;
        }
    }
}

/// A slow walk over all series, again and again.
struct Sweep {
    names: Option<Merge>,
    counted: Option<Instant>,
    looked: Instant,
}

impl Sweep {
    async fn look(&mut self, engine: &Engine) {
        if self.counted.is_none_or(|counted| counted.elapsed() >= COUNT) {
            count(engine).await;
            self.counted = Some(Instant::now());
        }
        let names = self.names.get_or_insert_with(|| Merge::all(&[]));
        let mut keys = Vec::new();
        while keys.len() < LOOKED_AT
            && let Ok(Some(key)) = names.next(engine).await
        {
            keys.push(key);
        }
        if keys.len() < LOOKED_AT {
            self.names = None;
        }
        let due = with_long_heads(engine, keys).await;
        for keys in due.chunks(TOGETHER) {
            seal(engine, keys, WORTH).await;
        }
        self.looked = Instant::now();
    }
}

async fn with_long_heads(engine: &Engine, keys: Vec<Box<[u8]>>) -> Vec<Box<[u8]>> {
    let lengths = keys.iter().map(|key| {
        let names = Names::new(&engine.settings.prefix, key);
        Group::new(names.part, vec![names.head_length()])
    });
    let lengths = engine.run(lengths.collect(), Purpose::Read).await;
    let is_long = |length: &crate::job::Outcome| {
        length.as_ref().is_ok_and(|length| length.first().map_or(0, number) > WORTH as i64 + 1)
    };
    keys.into_iter()
        .zip(lengths)
        .filter(|(_, length)| is_long(length))
        .map(|(key, _)| key)
        .collect()
}

/// Counts the series.
async fn count(engine: &Engine) {
    let groups = (0..PARTS).map(|part| {
        let mut command = redis::cmd("ZCARD");
        command.arg(name(&engine.settings.prefix, part, Kind::Index, b""));
        Group::new(part, vec![command])
    });
    let counts = engine.run(groups.collect(), Purpose::Read).await;
    if let Ok(counts) = counts.into_iter().collect::<Result<Vec<_>, _>>() {
        let series: i64 = counts.iter().map(|count| count.first().map_or(0, number)).sum();
        engine.tally.series.store(series.cast_unsigned(), Relaxed);
    }
}
