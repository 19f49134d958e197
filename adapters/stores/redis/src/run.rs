//! Runs: sealed samples of a series, as members of a sorted set.

use metric_chunk::{Chunk, DecodeError, MAX_SAMPLES, encode};
use metric_proto::Sample;

/// Returns the member for samples in ascending order, of which there is at least one.
pub(crate) fn member(samples: &[Sample]) -> Vec<u8> {
    let first = samples.first().map_or(0, |sample| sample.timestamp());
    let mut member = ordered(first).to_vec();
    for chunk in samples.chunks(MAX_SAMPLES).map(encode) {
        // A chunk takes 1,400 bytes at most.
        member.extend((chunk.len() as u16).to_be_bytes());
        member.extend(chunk);
    }
    member
}

/// Decodes a member, and adds its samples.
pub(crate) fn decode(member: &[u8], samples: &mut Vec<Sample>) -> Result<(), Damaged> {
    for chunk in chunks(member) {
        chunk?.decode_to(samples)?;
    }
    Ok(())
}

/// Bytes that are no run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Damaged;

impl From<DecodeError> for Damaged {
    fn from(_: DecodeError) -> Self {
        Self
    }
}

fn chunks(member: &[u8]) -> impl Iterator<Item = Result<Chunk<'_>, Damaged>> {
    let mut rest = member.get(8..).filter(|rest| !rest.is_empty()).ok_or(Damaged);
    std::iter::from_fn(move || {
        let bytes = match rest {
            Ok([]) => return None,
            Ok(bytes) => bytes,
            Err(damaged) => {
                rest = Ok(&[]);
                return Some(Err(damaged));
            }
        };
        let split = bytes.split_first_chunk().and_then(|(length, after)| {
            after.split_at_checked(usize::from(u16::from_be_bytes(*length)))
        });
        let Some((chunk, after)) = split else {
            rest = Ok(&[]);
            return Some(Err(Damaged));
        };
        rest = Ok(after);
        Some(Chunk::new(chunk).map_err(Damaged::from))
    })
}

/// Returns a timestamp as bytes whose order is that of timestamps.
fn ordered(timestamp: i64) -> [u8; 8] {
    (timestamp.cast_unsigned() ^ 1 << 63).to_be_bytes()
}

/// Returns the bound behind all runs that begin at a timestamp or before: no length begins with this byte.
pub(crate) fn behind(bracket: u8, timestamp: i64) -> Vec<u8> {
    let mut bound = vec![bracket];
    bound.extend(ordered(timestamp));
    bound.push(0xff);
    bound
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_run_is_what_it_was_made_of(count in 1..600_usize, first: i64, step in 0..9_i64, value: f32) {
            let first = first.min(i64::MAX - 10_000);
            let samples: Vec<_> = (0..count as i64)
                .filter_map(|at| Sample::new(f64::from(value) + at as f64, first + at * (step + 1)).ok())
                .collect();
            prop_assume!(!samples.is_empty());
            let member = member(&samples);
            let mut decoded = Vec::new();
            prop_assert_eq!(decode(&member, &mut decoded), Ok(()));
            prop_assert!(decoded == samples && member[..] < behind(b'[', first)[1..]);
            if first > i64::MIN {
                prop_assert!(member[..] > behind(b'[', first - 1)[1..]);
            }
        }

        #[test]
        fn strange_bytes_are_no_run_and_do_no_harm(bytes: Vec<u8>) {
            let mut samples = Vec::new();
            if decode(&bytes, &mut samples).is_ok() {
                prop_assert!(!samples.is_empty());
            }
        }
    }
}
