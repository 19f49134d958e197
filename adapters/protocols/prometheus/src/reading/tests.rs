use std::collections::BTreeMap;
use std::task::{Context, Waker};

use super::*;
use crate::checksum::crc32c;
use crate::frames::Chunks;
use crate::labels::labels;
use crate::matcher::{Matcher, Operator};
use crate::proto::{Fields, Value};
use crate::samples::Samples;
use crate::snappy::open;
use crate::write::{Writes, label};
use crate::xor::{CHUNK, read_chunk};
use metric_memory::MemoryStore;
use metric_proto::Sample;
use metric_query::Produce;
use metric_reluctant::Reluctant;

type Model = BTreeMap<String, BTreeMap<i64, f64>>;
type Pairs = Vec<(String, String)>;
/// The labels of each series, and its samples with the bits of their values.
type Answer = Vec<(Pairs, Vec<(i64, u64)>)>;

fn fill(model: &Model) -> MemoryStore {
    let store = MemoryStore::new(1_000, 100_000);
    for (key, samples) in model {
        for (time, value) in samples {
            let (key, sample) = (Key::new(key).unwrap(), Sample::new(*value, *time).unwrap());
            (&store).put(key, sample).unwrap();
        }
    }
    store
}

fn queries(label: &str, value: &str, (start, end): (i64, i64)) -> Vec<ReadQuery> {
    let matcher = || Matcher::new(label, Operator::Matches, value).unwrap();
    let matchers = || Matchers::new(vec![matcher()]);
    vec![
        ReadQuery { start, end, matchers: matchers() },
        ReadQuery { start, end: start, matchers: matchers() },
    ]
}

/// Reads all messages of a stream, into outputs of some size.
fn stream(
    queries: Vec<ReadQuery>,
    unit: TimeUnit,
    store: &mut impl Store,
    size: usize,
) -> [Answer; 2] {
    let mut chunks = Chunks::new(queries, unit, Budget::DESKTOP);
    let (mut bytes, mut output) = (Vec::new(), vec![0; size]);
    loop {
        let filled = chunks.fill(store, &mut output);
        bytes.extend_from_slice(&output[..filled.bytes]);
        match filled.next {
            Next::Done => break,
            Next::More => {}
            Next::Wait => {
                let _ = store.poll_ready(&mut Context::from_waker(Waker::noop()));
            }
            other => panic!("{other:?}"),
        }
    }
    let (mut rest, mut answers) = (bytes.as_slice(), [Vec::new(), Vec::new()]);
    while !rest.is_empty() {
        let (query, series) = message(&mut rest);
        answers[query].push(series);
    }
    answers
}

/// Reads a message of a stream.
fn message(rest: &mut &[u8]) -> (usize, (Pairs, Vec<(i64, u64)>)) {
    let digits = rest.iter().position(|byte| *byte < 0x80).unwrap() + 1;
    let length =
        rest[..digits].iter().rev().fold(0, |length, byte| length << 7 | usize::from(byte & 0x7f));
    let (head, body) = rest[digits..].split_at(4);
    let (body, after) = body.split_at(length);
    *rest = after;
    assert_eq!(crc32c(0, body), u32::from_be_bytes(head.try_into().unwrap()));
    let (mut fields, mut query, mut series) = (Fields::of(body), 0, None);
    while let Some((field, value)) = fields.next().unwrap() {
        match field {
            1 => series = Some(chunked_series(value.bytes().unwrap())),
            2 => query = value.integer().unwrap() as usize,
            _ => panic!("{field}"),
        }
    }
    (query, series.unwrap())
}

fn chunked_series(message: &[u8]) -> (Pairs, Vec<(i64, u64)>) {
    let (mut fields, mut pairs, mut samples) = (Fields::of(message), Pairs::new(), Vec::new());
    while let Some((field, value)) = fields.next().unwrap() {
        if field == 1 {
            let (label, value) = label(value.bytes().unwrap()).unwrap();
            pairs.push((label.to_owned(), value.to_owned()));
            continue;
        }
        let (mut chunk, mut span, mut data) = (Fields::of(value.bytes().unwrap()), (0, 0), &[][..]);
        while let Some((field, value)) = chunk.next().unwrap() {
            match (field, value) {
                (1, value) => span.0 = value.integer().unwrap(),
                (2, value) => span.1 = value.integer().unwrap(),
                (3, value) => assert_eq!(value, Value::Varint(1)),
                (_, value) => data = value.bytes().unwrap(),
            }
        }
        let chunk = read_chunk(data).unwrap();
        assert!(chunk.len() <= CHUNK && span == (chunk[0].0, chunk[chunk.len() - 1].0));
        samples.extend(chunk.into_iter().map(|(time, value)| (time, value.to_bits())));
    }
    (pairs, samples)
}

/// Reads the message with all samples.
fn whole(queries: Vec<ReadQuery>, unit: TimeUnit, store: &mut impl Store) -> [Answer; 2] {
    let mut reading = Reading::new(queries, Samples::default(), unit, Budget::DESKTOP);
    while reading.run(store, &mut Left::turn()) != Next::Done {}
    let response = open(&reading.form.into_pieces().flatten().collect::<Vec<_>>()).unwrap();
    let (mut fields, mut answers) = (Fields::of(&response), Vec::new());
    while let Some((1, value)) = fields.next().unwrap() {
        let (mut fields, mut answer) = (Fields::of(value.bytes().unwrap()), Answer::new());
        while let Some((1, value)) = fields.next().unwrap() {
            answer.push(series(value.bytes().unwrap()));
        }
        answers.push(answer);
    }
    answers.try_into().unwrap()
}

/// Reads a series with samples, as remote write has it, too.
fn series(series: &[u8]) -> (Pairs, Vec<(i64, u64)>) {
    let mut request = Vec::new();
    crate::proto::put_bytes(&mut request, 1, series);
    let (mut writes, mut samples) =
        (Writes::new(&request, LONGEST_KEY, TimeUnit::Milliseconds), Vec::new());
    while let Some(item) = writes.next_sample().unwrap() {
        let sample = item.unwrap();
        samples.push((sample.timestamp(), sample.value().to_bits()));
    }
    let pairs = writes.labels().map(|(label, value)| (label.to_owned(), value.to_owned()));
    (pairs.collect(), samples)
}

/// The answer, told simply.
fn expected(model: &Model, value: &str, (start, end): (i64, i64), unit: TimeUnit) -> Answer {
    let regex = regex_lite::Regex::new(&format!("^({value})$")).unwrap();
    let mut answer = Answer::new();
    for (key, samples) in model {
        let pairs = labels(key).map(|(label, value)| (label.to_string(), value.to_string()));
        let pairs: Pairs = pairs.collect();
        if !pairs.iter().any(|(label, value)| label == "__name__" && regex.is_match(value)) {
            continue;
        }
        let mut found: BTreeMap<i64, u64> = BTreeMap::new();
        for (timestamp, value) in samples {
            let time = timestamp * 1_000;
            found.insert(time.div_euclid(unit.per_second()), value.to_bits());
        }
        found.retain(|time, _| (start..=end).contains(time));
        if !found.is_empty() {
            answer.push((pairs, found.into_iter().collect()));
        }
    }
    answer.sort();
    answer
}

fn random_model(random: &mut Random) -> Model {
    let names = [
        "up",
        "up;a=1",
        "up;a=1!",
        "up;a=10",
        "up;A=1;b=2",
        "up;a=1;b=2",
        "a%3Bb",
        "a;b!",
        "u;a=%3B",
    ];
    let mut model = Model::new();
    for _ in 0..random.below(9) {
        let samples = model.entry(names[random.below(names.len())].to_owned()).or_default();
        let count = [1, 2, CHUNK, CHUNK + 1, 300, 9_000][random.below(6)];
        let (mut time, step) = (random.below(9_000) as i64 - 4_000, random.below(40) + 1);
        for _ in 0..count {
            time += 1 + random.below(step) as i64;
            samples
                .insert(time, [0.0, -0.0, 1.5, f64::MAX, random.below(99) as f64][random.below(5)]);
        }
    }
    model
}

/// Numbers that are the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

#[test]
fn both_forms_are_what_a_simple_reader_finds() {
    let mut random = Random(7);
    for round in 0..40 {
        let model = random_model(&mut random);
        let (store, unit) = (fill(&model), TimeUnit::ALL[random.below(3)]);
        let value = [".*", "up", "a.*|u", "nothing"][random.below(4)];
        let start = random.below(6_000) as i64 - 4_000;
        let span = (start, start + random.below(300_000) as i64);
        let expected =
            [expected(&model, value, span, unit), expected(&model, value, (start, start), unit)];
        let queries = || queries("__name__", value, span);
        assert_eq!(whole(queries(), unit, &mut &store), expected, "round {round}");
        let is_small = model.values().map(BTreeMap::len).sum::<usize>() < 2_000;
        let size = if is_small { 1 + random.below(200) } else { 8_192 };
        assert_eq!(stream(queries(), unit, &mut &store, size), expected, "round {round}");
        if is_small {
            let mut reluctant = Reluctant::new(&store, 3, 0);
            assert_eq!(stream(queries(), unit, &mut reluctant, size), expected, "round {round}");
        }
    }
}

#[test]
fn a_series_over_the_length_of_a_message_takes_several() {
    let mut random = Random(1);
    let mut value = || f64::from_bits((random.below(1 << 30) << 32 | random.below(1 << 31)) as u64);
    let samples = (0..200_000).map(|time| (time, value()));
    let model = Model::from([("up".to_owned(), samples.collect())]);
    let store = MemoryStore::new(10, 200_000);
    for (time, value) in &model["up"] {
        (&store).put(Key::new("up").unwrap(), Sample::new(*value, *time).unwrap()).unwrap();
    }
    let [answer, _] =
        stream(queries("__name__", "up", (0, 200_000)), TimeUnit::Milliseconds, &mut &store, 8_192);
    assert!(answer.len() > 1, "{}", answer.len());
    let all: Vec<_> = answer.into_iter().flat_map(|(_, samples)| samples).collect();
    assert!(all.into_iter().eq(model["up"].iter().map(|(time, value)| (*time, value.to_bits()))));
}

#[test]
fn a_reply_over_its_budget_ends() {
    let model = Model::from(
        ["a", "b", "c"].map(|key| (key.to_owned(), (0..5).map(|time| (time, 1.0)).collect())),
    );
    let store = fill(&model);
    for (series, samples, expected) in [
        (3, 15, Next::Done),
        (2, 15, Next::Exceeded(Exceeded { bound: Bound::Series, limit: 2 })),
        (3, 14, Next::Exceeded(Exceeded { bound: Bound::Samples, limit: 14 })),
    ] {
        let budget = Budget { series, samples, points: 0 };
        let query = vec![queries("__name__", ".+", (0, 9)).remove(0)];
        let mut reading = Reading::new(query, Samples::default(), TimeUnit::Milliseconds, budget);
        let end = std::iter::repeat_with(|| reading.run(&mut &store, &mut Left::turn()))
            .find(|next| *next != Next::More);
        assert_eq!(end, Some(expected));
    }
}

/// A form that is full after each sample.
#[derive(Default)]
struct Narrow {
    is_full: bool,
    samples: usize,
    series: usize,
}

impl Form for Narrow {
    fn begin(&mut self, _: usize, _: &str) {
        assert!(!self.is_full);
        self.series += 1;
    }

    fn sample(&mut self, _: i64, _: f64) {
        assert!(!self.is_full, "it was full before");
        (self.is_full, self.samples) = (true, self.samples + 1);
    }

    fn end(&mut self) {}

    fn end_query(&mut self) {}

    fn is_full(&self) -> bool {
        self.is_full
    }
}

#[test]
fn a_form_that_is_full_is_sent_before_the_next_sample() {
    let model = Model::from(
        ["a", "b"].map(|key| (key.to_owned(), (0..5).map(|time| (time, 1.0)).collect())),
    );
    let (store, query) = (fill(&model), vec![queries("__name__", ".+", (0, 9)).remove(0)]);
    let mut reading =
        Reading::new(query, Narrow::default(), TimeUnit::Milliseconds, Budget::DESKTOP);
    while reading.run(&mut &store, &mut Left::turn()) == Next::More {
        reading.form.is_full = false;
    }
    assert_eq!((reading.form.samples, reading.form.series), (10, 2));
}
