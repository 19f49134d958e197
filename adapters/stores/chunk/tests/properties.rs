//! Properties of any samples and of any bytes.

use metric_chunk::{Chunk, DecodeError, MAX_SAMPLES, encode};
use metric_proto::{Aggregate, Sample};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::Index;

fn decode(bytes: &[u8]) -> Result<Vec<Sample>, DecodeError> {
    Chunk::new(bytes)?.decode().collect()
}

/// Common decimals, any doubles, and extreme values.
fn value() -> impl Strategy<Value = f64> {
    let decimal = (-9_999_999..9_999_999_i64, 0..9).prop_map(|(digits, places)| {
        let text = format!("{digits}e-{places}");
        text.parse().expect("a number")
    });
    let any =
        any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |value| value.is_finite());
    let ends = [0.0, -0.0, 5e-324, -5e-324, f64::MIN_POSITIVE, f64::MAX, f64::MIN, 1e16, 0.1];
    prop_oneof![4 => decimal, 2 => any, 1 => prop::sample::select(ends.to_vec())]
}

fn timestamp() -> impl Strategy<Value = i64> {
    let ends = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
    prop_oneof![8 => -300..300_i64, 1 => any::<i64>(), 1 => prop::sample::select(ends.to_vec())]
}

fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let all = btree_map(timestamp(), value(), 1..=MAX_SAMPLES);
    let sample = |(timestamp, value)| Sample::new(value, timestamp).expect("a finite value");
    all.prop_map(move |all| all.into_iter().map(sample).collect())
}

/// Samples with values of one kind, which are encoded in another way than mixed ones.
fn alike() -> impl Strategy<Value = Vec<Sample>> {
    (1..=MAX_SAMPLES as i64, any::<i32>(), 1..5_000_i64, 0..6, any::<bool>()).prop_map(
        |(count, start, step, places, decimals)| {
            let value = |at: i64| (at * 7919 % 1000) as f64 / 10_f64.powi(places);
            let value = |at| if decimals { value(at) } else { value(at).sqrt() };
            let sample = |at| Sample::new(value(at), i64::from(start) + step * at);
            (0..count).map(|at| sample(at).expect("a finite value")).collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1_000, ..Default::default() })]

    #[test]
    fn what_was_encoded_is_decoded_to_the_bit(samples in prop_oneof![samples(), alike()]) {
        let bytes = encode(&samples);
        let chunk = Chunk::new(&bytes).unwrap();
        prop_assert_eq!((chunk.first(), chunk.len()), (samples[0].timestamp(), samples.len()));
        prop_assert_eq!(decode(&bytes), Ok(samples));
    }

    #[test]
    fn an_aggregate_is_that_of_the_samples(samples in prop_oneof![samples(), alike()]) {
        let bytes = encode(&samples);
        if let Some(all) = Chunk::new(&bytes).unwrap().aggregate().unwrap() {
            check_aggregate(&all, &samples);
        }
    }

    #[test]
    fn decimals_have_an_aggregate(integers in vec(-1_000_000..1_000_000_i64, 1..=MAX_SAMPLES)) {
        let sample = |(at, &integer): (i64, &i64)| Sample::new(integer as f64 / 100.0, at).unwrap();
        let samples: Vec<_> = (0..).zip(&integers).map(sample).collect();
        let bytes = encode(&samples);
        let all = Chunk::new(&bytes).unwrap().aggregate().unwrap();
        prop_assert_eq!(all.is_some(), integers.len() >= 16);
        if let Some(all) = all {
            check_aggregate(&all, &samples);
            prop_assert_eq!(all.sum, integers.iter().sum::<i64>() as f64 / 100.0);
        }
    }

    #[test]
    fn what_is_cut_off_is_told_as_that(samples in prop_oneof![samples(), alike()], end: Index) {
        let bytes = encode(&samples);
        prop_assert_eq!(decode(&bytes[..end.index(bytes.len())]), Err(DecodeError::Truncated));
    }

    #[test]
    fn any_bytes_are_a_chunk_of_samples_in_order_or_an_error(bytes in vec(any::<u8>(), 0..600)) {
        check(&bytes);
    }

    #[test]
    fn changed_bytes_are_a_chunk_of_samples_in_order_or_an_error(
        samples in prop_oneof![samples(), alike()],
        changes in vec(any::<(Index, u8)>(), 1..4),
    ) {
        let mut bytes = encode(&samples);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        check(&bytes);
    }
}

fn check_aggregate(all: &Aggregate, samples: &[Sample]) {
    let values = || samples.iter().map(|sample| sample.value());
    let bits = |value: Option<f64>| value.map(f64::to_bits);
    assert_eq!((all.samples, all.first), (samples.len(), samples[0]));
    assert_eq!(bits(Some(all.last)), bits(values().next_back()));
    assert_eq!(bits(Some(all.min)), bits(values().reduce(f64::min)));
    assert_eq!(bits(Some(all.max)), bits(values().reduce(f64::max)));
    let (sum, size) = values().fold((0.0, 0.0), |(sum, size), v| (sum + v, size + v.abs()));
    // The naive sum rounds with each addition.
    let bound = size * f64::EPSILON * (2.0 + samples.len() as f64 / 2.0);
    assert!((all.sum - sum).abs() <= bound, "{} is not {sum}", all.sum);
}

/// Decodes with the version corrected, so that most bytes get past its check.
fn check(bytes: &[u8]) {
    let mut bytes = bytes.to_vec();
    let _ = decode(&bytes);
    let _ = Chunk::new(&bytes).map(Chunk::aggregate);
    bytes.iter_mut().take(1).for_each(|version| *version = metric_chunk::VERSION);
    if let Ok(samples) = decode(&bytes) {
        assert!((1..=MAX_SAMPLES).contains(&samples.len()));
        assert!(samples.is_sorted_by(|one, next| one.timestamp() < next.timestamp()));
        assert_eq!(decode(&encode(&samples)), Ok(samples));
    }
}
