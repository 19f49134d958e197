//! Ticks at round numbers.

/// Returns ticks at multiples of 1, 2 or 5 times a power of ten.
pub(super) fn ticks((low, high): (f64, f64), most: usize) -> Option<Vec<(f64, String)>> {
    let step =
        round_step(high / most as f64 - low / most as f64).filter(|step| step.is_normal())?;
    let (first, last) = ((low / step).floor(), (high / step).ceil());
    // Beyond 1e12, multiples are not distinct or cannot be counted exactly.
    let fine =
        [first, last].iter().all(|number| number.abs() < 1e12 && (number * step).is_finite());
    let numbers = first as i64..=last as i64;
    fine.then(|| {
        let labels = Labels::new(low.abs().max(high.abs()), step);
        numbers.map(|number| number as f64 * step).map(|value| (value, labels.of(value))).collect()
    })
}

fn round_step(least: f64) -> Option<f64> {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power).into_iter().find(|step| *step >= least)
}

/// The format of the labels of ticks, with enough digits to tell them apart.
#[derive(Clone, Copy, Debug)]
enum Labels {
    Plain { decimals: usize },
    Exponent { decimals: usize },
}

impl Labels {
    fn new(largest: f64, step: f64) -> Self {
        // Labels differ in the digit of this power of ten. The logarithm of 0.1 may be slightly
        // too small.
        let power = (step.log10() + 1e-9).floor();
        if largest < 1e7 && power > -7.0 {
            Self::Plain { decimals: (-power).max(0.0) as usize }
        } else {
            Self::Exponent { decimals: (largest.log10().floor() - power).max(0.0) as usize }
        }
    }

    fn of(self, value: f64) -> String {
        match self {
            _ if value == 0.0 => "0".to_owned(),
            Self::Plain { decimals } => format!("{value:.decimals$}"),
            Self::Exponent { decimals } => format!("{value:.decimals$e}"),
        }
    }
}
