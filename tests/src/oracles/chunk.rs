//! Encoding and decoding chunks.

use std::collections::BTreeMap;

use arbitrary::{Result, Unstructured};
use metric_chunk::{Chunk, DecodeError, MAX_SAMPLES, VERSION, encode};
use metric_proto::{Aggregate, Sample};

/// Ordered samples are decoded to the bit as they were encoded. A part of their chunk is reported as
/// truncated. Any bytes are decoded to ordered samples, no more than a chunk may have, or to an error.
/// What a chunk tells of ordered samples together is what they are.
///
/// The bytes are decoded unchanged, decoded after the version of a chunk, and used as samples.
///
/// # Panics
///
/// If the law is broken.
pub fn chunk(data: &[u8]) {
    check_bytes(data);
    check_bytes(&[&[VERSION], data].concat());
    let samples = samples(&mut Unstructured::new(data));
    if !samples.is_empty() {
        check_samples(&samples, data.len());
    }
}

fn check_bytes(bytes: &[u8]) {
    let _ = Chunk::new(bytes).map(Chunk::aggregate);
    if let Ok(samples) = decode(bytes) {
        assert!((1..=MAX_SAMPLES).contains(&samples.len()), "{} samples", samples.len());
        check_samples(&samples, bytes.len());
    }
}

fn check_samples(samples: &[Sample], any: usize) {
    let bytes = encode(samples);
    let chunk = Chunk::new(&bytes).expect("it was encoded");
    assert_eq!((chunk.first(), chunk.len()), (samples[0].timestamp(), samples.len()));
    assert_eq!(decode(&bytes).as_deref(), Ok(samples));
    let all = chunk.aggregate().expect("it was encoded");
    all.into_iter().for_each(|all| check_aggregate(&all, samples));
    assert_eq!(decode(&bytes[..any % bytes.len()]), Err(DecodeError::Truncated));
    assert_eq!(decode(&[&bytes[..], &[0]].concat()), Err(DecodeError::Inconsistent));
}

fn check_aggregate(all: &Aggregate, samples: &[Sample]) {
    let values = || samples.iter().map(|sample| sample.value());
    let [min, max] = [f64::min, f64::max].map(|which| values().reduce(which).map(f64::to_bits));
    assert_eq!((all.samples, all.first), (samples.len(), samples[0]));
    assert_eq!((Some(all.min.to_bits()), Some(all.max.to_bits())), (min, max));
    assert_eq!(Some(all.last.to_bits()), values().next_back().map(f64::to_bits));
    let (count, size) = (all.samples as f64, all.min.abs().max(all.max.abs()));
    let slack = 4.0 * f64::EPSILON * size * count;
    assert!((all.min * count - slack..=all.max * count + slack).contains(&all.sum));
}

fn decode(bytes: &[u8]) -> std::result::Result<Vec<Sample>, DecodeError> {
    Chunk::new(bytes)?.decode().collect()
}

fn samples(source: &mut Unstructured<'_>) -> Vec<Sample> {
    let mut samples = BTreeMap::new();
    while !source.is_empty() && samples.len() < MAX_SAMPLES {
        let Ok(sample) = sample(source) else { break };
        samples.insert(sample.timestamp(), sample);
    }
    samples.into_values().collect()
}

/// Returns a sample, mostly near others, with a value of few decimal places.
fn sample(source: &mut Unstructured<'_>) -> Result<Sample> {
    let timestamp =
        if source.ratio(1, 16)? { source.arbitrary()? } else { source.arbitrary::<u8>()?.into() };
    let value = match source.int_in_range(0..=15)? {
        0 => source.arbitrary()?,
        1 => f64::from(source.arbitrary::<f32>()?),
        places => f64::from(source.arbitrary::<i16>()?) / 10_f64.powi(places % 8),
    };
    Ok(Sample::new(value, timestamp).unwrap_or(Sample::new(-0.0, timestamp).expect("finite")))
}
