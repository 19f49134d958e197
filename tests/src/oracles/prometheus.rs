//! What Prometheus sends and what it is sent: bodies, requests, selectors, chunks.

use std::collections::BTreeMap;

use metric_prometheus::{
    CHUNK, Chunk, Chunks, OPEN, ReadRequest, Writes, claimed, open, parse_selector, read_chunk,
};
use metric_proto::{FixedStore, Key, LONGEST_KEY, Sample, Store};
use metric_query::{Budget, Labels, Next, Produce, Select, TimeUnit};

use crate::prometheus_suite::wire::write_request;

/// A body of remote write is opened to no more than it claims and is allowed. The samples in it, as
/// [`metric_prometheus::Writes`] finds them, read back from a request that is written anew, and the name
/// and the labels of each from its key.
///
/// # Panics
///
/// If the law is broken.
pub fn remote_write(data: &[u8]) {
    match (claimed(data), open(data)) {
        (Ok(claim), Ok(opened)) => {
            assert!(opened.len() == claim && claim <= OPEN);
            check_samples(&opened);
        }
        (Err(error), opened) => assert_eq!(opened, Err(error)),
        (Ok(_), Err(_)) => {}
    }
    check_samples(data);
}

/// The name and the labels of a series, the bits of a value, and its time.
type Written = (Vec<(String, String)>, u64, i64);

fn check_samples(request: &[u8]) {
    let written = read_samples(request);
    let labels: Vec<Vec<_>> = written.iter().map(|(labels, ..)| pairs(labels).collect()).collect();
    let again = labels.iter().zip(&written);
    let again = again.map(|(labels, (_, bits, time))| (&**labels, f64::from_bits(*bits), *time));
    assert_eq!(read_samples(&write_request(&again.collect::<Vec<_>>())), written);
}

fn pairs(labels: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    labels.iter().map(|(label, value)| (&**label, &**value))
}

/// Returns the samples that would be stored before the request ends or is broken.
fn read_samples(request: &[u8]) -> Vec<Written> {
    let mut writes = Writes::new(request, LONGEST_KEY, TimeUnit::Milliseconds);
    let mut written = Vec::new();
    while let Ok(Some(item)) = writes.next_sample() {
        let Ok(sample) = item else { continue };
        let owned = |(label, value): (&str, &str)| (label.to_owned(), value.to_owned());
        let labels: Vec<_> = writes.labels().map(owned).collect();
        check_key(writes.key().expect("a sample has a key"), &labels);
        written.push((labels, sample.value().to_bits(), sample.timestamp()));
    }
    written
}

fn check_key(key: Key<'_>, expected: &[(String, String)]) {
    let labels = Labels::of(key.as_str());
    let tags = labels.tags().map(|(tag, value)| (tag.to_string(), value.to_string()));
    let name = ("__name__".to_owned(), labels.name().to_string());
    let all: BTreeMap<_, _> = tags.chain([name]).collect();
    assert!(all.into_iter().eq(expected.iter().cloned()), "{key} is of {expected:?}");
}

/// A request of remote read is answered with the same stream, whatever the sizes of the outputs.
///
/// # Panics
///
/// If the law is broken.
pub fn remote_read(data: &[u8]) {
    if let Ok(request) = ReadRequest::parse(data) {
        assert!(request.queries.len() <= 64);
        assert_eq!(streamed(data, 4_096), streamed(data, 1 + data.len() % 50));
    }
}

const KEYS: [&str; 7] = ["a", "a;b", "a;b=1", "a;b=10", "up", "up;instance=a%3Bb;job=c", "é.b"];

fn streamed(data: &[u8], size: usize) -> Vec<u8> {
    let mut store = FixedStore::<8, 4, 32>::new();
    for (key, time) in KEYS.iter().zip(0..) {
        for (time, value) in [(time - 3, 1.5), (time, -0.0), (time * 100_000, 7.0)] {
            let (key, sample) = (Key::new(key), Sample::new(value, time));
            store.put(key.expect("a key"), sample.expect("a sample")).expect("room");
        }
    }
    let queries = ReadRequest::parse(data).expect("it was parsed before").queries;
    let mut chunks = Chunks::new(queries, TimeUnit::Milliseconds, Budget::DESKTOP);
    let (mut reply, mut output) = (Vec::new(), vec![0; size]);
    loop {
        let filled = chunks.fill(&mut store, &mut output);
        reply.extend_from_slice(&output[..filled.bytes]);
        match filled.next {
            Next::More => {}
            Next::Done => return reply,
            other => panic!("{other:?}"),
        }
    }
}

/// A selector is what it is with blanks around it, too. A search that skips finds the series that it
/// selects.
///
/// # Panics
///
/// If the law is broken.
pub fn selector(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(matchers) = parse_selector(&text) else { return };
    let padded = parse_selector(&format!(" {text}\n"));
    for key in KEYS {
        let selected = matchers.selects(key);
        assert_eq!(padded.as_ref().map(|padded| padded.selects(key)), Ok(selected));
        for from in KEYS.iter().chain(&["", "a;", "v"]).filter(|from| **from <= key) {
            let mut buffer = [0; LONGEST_KEY];
            let found = matchers.seek(from.as_bytes(), &mut buffer);
            let passed = found.is_none_or(|found| found > key.as_bytes());
            assert!(!(selected && passed), "{text} skips {key} from {from}");
        }
    }
}

/// Samples read back from the chunk that is written of them, and so do those of any bytes that are a
/// chunk.
///
/// # Panics
///
/// If the law is broken.
pub fn xor_chunk(data: &[u8]) {
    let samples: Vec<_> = data.as_chunks().0.iter().take(CHUNK).map(sample).collect();
    check_chunk(&samples);
    if let Ok(mut samples) = read_chunk(data) {
        samples.truncate(CHUNK);
        check_chunk(&samples);
    }
}

fn sample(bytes: &[u8; 16]) -> (i64, f64) {
    let number = u128::from_le_bytes(*bytes);
    (number as i64, f64::from_bits((number >> 64) as u64))
}

fn check_chunk(samples: &[(i64, f64)]) {
    let mut chunk = Chunk::default();
    assert!(samples.iter().all(|(time, value)| chunk.push(*time, *value)));
    if chunk.is_empty() {
        return;
    }
    let bits = |samples: &[(i64, f64)]| -> Vec<_> {
        samples.iter().map(|(time, value)| (*time, value.to_bits())).collect()
    };
    let read = read_chunk(chunk.as_bytes()).expect("a chunk that was written");
    assert_eq!(bits(&read), bits(samples));
    assert_eq!(chunk.span(), (samples[0].0, samples[samples.len() - 1].0));
}
