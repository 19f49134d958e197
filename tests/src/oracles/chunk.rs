//! Encoding and decoding chunks.

use std::collections::BTreeMap;

use arbitrary::{Result, Unstructured};
use metric_chunk::{Chunk, DecodeError, MAX_SAMPLES, VERSION, encode};
use metric_proto::Sample;

/// Ordered samples are decoded to the bit as they were encoded. A part of their chunk is reported as
/// truncated. Any bytes are decoded to ordered samples, no more than a chunk may have, or to an error.
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
    assert_eq!(decode(&bytes[..any % bytes.len()]), Err(DecodeError::Truncated));
    assert_eq!(decode(&[&bytes[..], &[0]].concat()), Err(DecodeError::Inconsistent));
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
