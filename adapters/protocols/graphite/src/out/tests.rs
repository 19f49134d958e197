//! Queries over a store in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use futures_lite::future::block_on;
use metric_memory::MemoryStore;
use metric_proto::{Key, Sample, Store};
use metric_query::{Budget, Next, Produce, TimeUnit};
use metric_web::{Held, Memory};
use serde_json::Value;

use super::failure::Failure;
use super::fields::Fields;
use super::form::{Form, Json, Sheet};
use super::functions::Tools;
use super::query::{Host, Running, Turn, Turns};
use super::render::{Format, render};
use super::series::Series;

mod bounds;
mod exact;
mod functions;
mod shown;
mod strange;
mod tags;
mod tree;
mod waiting;

const NOW: i64 = 1_150_864_250;

/// Nobody else waits for a turn here.
#[derive(Clone)]
struct Alone<'a> {
    store: &'a MemoryStore,
    turns: Arc<AtomicUsize>,
    most_turns: usize,
}

impl<'a> Host for Alone<'a> {
    type Store = &'a MemoryStore;

    fn store(&mut self) -> &mut Self::Store {
        &mut self.store
    }

    async fn ready(&mut self) -> Result<(), Failure> {
        unreachable!("a store in memory does not wait")
    }
}

impl Turns for Alone<'_> {
    fn turn(&mut self) -> Turn<'_> {
        let is_late = self.turns.fetch_add(1, Relaxed) >= self.most_turns;
        let late = Failure::Ended(metric_web::Failure::TooSlow);
        Box::pin(std::future::ready(if is_late { Err(late) } else { Ok(()) }))
    }
}

fn host(store: &MemoryStore) -> Alone<'_> {
    Alone { store, turns: Arc::default(), most_turns: usize::MAX }
}

/// A query that takes turns with nobody.
fn query(store: &MemoryStore) -> Running<Alone<'_>> {
    Running::new(host(store), &Memory::default(), Budget::DESKTOP)
}

/// Gives tools to a function.
pub(crate) fn with_tools<T>(use_them: impl AsyncFnOnce(&mut Tools<'_>) -> T) -> T {
    let store = store(&[]);
    let context = fields(&[]).times(NOW, TimeUnit::Seconds).unwrap();
    block_on(use_them(&mut query(&store).tools(&context)))
}

fn store(samples: &[(&str, i64, f64)]) -> MemoryStore {
    let store = MemoryStore::new(30_000, 1_000);
    for (key, time, value) in samples {
        put(&store, key, *time, *value);
    }
    store
}

fn put(mut store: &MemoryStore, key: &str, time: i64, value: f64) {
    store.put(Key::new(key).unwrap(), Sample::new(value, time).unwrap()).unwrap();
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    Fields::new(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
}

fn evaluated(
    store: &MemoryStore,
    pairs: &[(&str, &str)],
    unit: TimeUnit,
) -> Result<(Vec<Series>, Held), Failure> {
    let fields = fields(pairs);
    let context = fields.times(NOW, unit)?;
    let format = Format::of(&fields)?;
    let bounds = (&Memory::new(1 << 20), Budget { points: 5_000, ..Budget::DESKTOP });
    block_on(render(host(store), bounds, (&fields, format, &context)))
}

/// Fills a reply in pieces of so many bytes.
fn filled(form: impl Form, (series, held): (Vec<Series>, Held), piece: usize) -> Vec<u8> {
    produced(Sheet::new(form, series, held), &store(&[]), piece)
}

fn produced(mut producer: impl Produce, mut store: &MemoryStore, piece: usize) -> Vec<u8> {
    let (mut reply, mut output) = (Vec::new(), vec![0; piece]);
    loop {
        let filled = producer.fill(&mut store, &mut output);
        reply.extend_from_slice(&output[..filled.bytes]);
        if filled.next == Next::Done {
            return reply;
        }
    }
}

/// A reply that is text.
fn text(producer: impl Produce) -> String {
    String::from_utf8(produced(producer, &store(&[]), 7)).unwrap()
}

/// What a target is as JSON. The parser refuses NaN and Infinity.
fn rendered(store: &MemoryStore, target: &str, more: &[(&str, &str)]) -> Value {
    let mut pairs = vec![("format", "json"), ("target", target)];
    pairs.extend(more);
    match evaluated(store, &pairs, TimeUnit::Seconds) {
        Ok(all) => serde_json::from_slice(&filled(Json, all, 7)).unwrap(),
        Err(failure) => Value::String(failure.to_string()),
    }
}

/// The points of the only series of a target.
fn points(store: &MemoryStore, target: &str, more: &[(&str, &str)]) -> Value {
    let all = rendered(store, target, more);
    assert_eq!(all.as_array().map(Vec::len), Some(1), "{target}: {all}");
    all[0]["datapoints"].clone()
}

fn names(all: &Value) -> Vec<&str> {
    all.as_array().unwrap().iter().map(|series| series["target"].as_str().unwrap()).collect()
}

const LAST: &[(&str, &str)] = &[("from", "1150864180"), ("until", "1150864240")];

fn regular() -> MemoryStore {
    let store = store(&[]);
    for index in 0..12_i64 {
        let time = 1_150_864_130 + index * 10;
        put(&store, "a.x", time, index as f64);
        put(&store, "a.y", time, 10.0 * index as f64);
        if index % 2 == 0 {
            put(&store, "b;host=p", time, -1.0);
        }
    }
    store
}

/// What becomes of a target that gets so many turns.
fn in_turns(store: &MemoryStore, target: &str, most_turns: usize) -> Result<Vec<Series>, Failure> {
    let fields = fields(&[&[("target", target)], LAST].concat());
    let context = fields.times(NOW, TimeUnit::Seconds)?;
    let bounds = (&Memory::default(), Budget::DESKTOP);
    let host = Alone { most_turns, ..host(store) };
    block_on(render(host, bounds, (&fields, Format::Json, &context))).map(|(series, _)| series)
}
