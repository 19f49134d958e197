//! The values of the samples.

use std::iter;

use clap::ValueEnum;
use fastrand::Rng;
use metric_proto::{Key, Request, Sample};

/// How values are generated; `--help` describes the kinds.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Values {
    Walk,
    Uniform,
    Random,
}

impl Values {
    /// Returns `count` values in the protocol's text.
    pub(crate) fn texts(self, count: usize, random: &mut Rng) -> Vec<String> {
        let values = iter::successors(Some(20.0), |&before| Some(self.next(before, random)));
        values.skip(1).take(count).map(text).collect()
    }

    fn next(self, before: f64, random: &mut Rng) -> f64 {
        let hundredths = |hundredths: f64| hundredths.round() / 100.0;
        match self {
            Self::Walk => hundredths(before * 100.0 + f64::from(random.i32(-10..=10))),
            Self::Uniform => hundredths(f64::from(random.u32(..100_000))),
            Self::Random => finite(random),
        }
    }
}

fn finite(random: &mut Rng) -> f64 {
    let mut drawn = iter::repeat_with(|| f64::from_bits(random.u64(..)));
    drawn.find(|value| value.is_finite()).unwrap_or_default()
}

/// Formats a value: takes it out of a request that the core writes.
fn text(value: f64) -> String {
    let (key, sample) = (Key::new("k"), Sample::new(value, 0));
    let (Ok(key), Ok(sample)) = (key, sample) else { unreachable!("the value is finite") };
    let mut line = [0; 64];
    let length = Request::Put { key, sample }.write(&mut line).unwrap_or_default();
    let line = String::from_utf8_lossy(&line[..length]);
    line.split(' ').nth(2).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_the_core_writes_them() {
        assert_eq!(text(30.0), "30.0");
        assert_eq!(text(1e300), "1e+300");
        assert_eq!(text(-f64::MAX), "-1.7976931348623157e+308");
    }

    #[test]
    fn each_kind_has_values_of_its_own() {
        for kind in Values::value_variants() {
            let texts = kind.texts(1000, &mut Rng::with_seed(1));
            assert_eq!(texts.len(), 1000);
            assert!(texts.iter().all(|text| text.parse::<f64>().unwrap().is_finite()));
        }
    }

    #[test]
    fn a_walk_takes_small_steps_of_two_decimals() {
        let texts = Values::Walk.texts(1000, &mut Rng::with_seed(1));
        let values: Vec<f64> = texts.iter().map(|text| text.parse().unwrap()).collect();
        assert!(values.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.101));
        assert!(texts.iter().all(|text| text.split_once('.').unwrap().1.len() <= 2));
    }
}
