//! The options of the value axis.

use clap::Args;

use crate::failure::Failure;

/// How values are placed on their axis.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(in crate::commands::plot) struct Scale {
    /// Lower end of the value axis [default: below all values, 0 for percentages]
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true, value_parser = finite)]
    pub(in crate::commands::plot) min: Option<f64>,

    /// Upper end of the value axis [default: above all values, 100 for percentages]
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true, value_parser = finite)]
    pub(in crate::commands::plot) max: Option<f64>,

    /// Logarithmic value axis; only values above 0 are shown
    #[arg(long)]
    pub(in crate::commands::plot) log: bool,
}

impl Scale {
    /// Checks the options together, which clap does not do.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] if no value is between the ends.
    pub(in crate::commands::plot) fn check(self) -> Result<(), Failure> {
        let usage = |why: &str| Err(Failure::Usage(format!("{why}; see --help")));
        match self {
            Self { min: Some(min), max: Some(max), .. } if min >= max => {
                usage("--min is not below --max")
            }
            Self { log: true, min, max } if min.or(max).is_some_and(|end| end <= 0.0) => {
                usage("--log needs --min and --max above 0")
            }
            _ => Ok(()),
        }
    }

    /// Returns whether the scale has a place for a value, be it outside of the ends.
    pub(in crate::commands::plot) fn shows(self, value: f64) -> bool {
        !self.log || value > 0.0
    }

    /// Returns what there is to note of a scale. `hides` is whether it does not show all values.
    pub(in crate::commands::plot) const fn note(self, hides: bool) -> Option<&'static str> {
        match self.log {
            true if hides => Some("logarithmic, without values up to 0"),
            true => Some("logarithmic"),
            false => None,
        }
    }
}

fn finite(text: &str) -> Result<f64, String> {
    let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
    value.ok_or("it must be a finite decimal number".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_are_numbers_in_order() {
        for text in ["", "nan", "inf", "-inf", "1e999", "x", "1 "] {
            assert!(finite(text).is_err(), "{text:?}");
        }
        assert_eq!(finite("-1e3"), Ok(-1e3));
        for (min, max, log, valid) in [
            (None, None, true, true),
            (Some(1.0), Some(2.0), false, true),
            (Some(-1.0), None, false, true),
            (Some(1.0), Some(1.0), false, false),
            (Some(2.0), Some(1.0), false, false),
            (Some(0.0), None, true, false),
            (None, Some(-1.0), true, false),
        ] {
            assert_eq!(Scale { min, max, log }.check().is_ok(), valid, "{min:?} {max:?} {log}");
        }
    }
}
