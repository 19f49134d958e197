//! Quantities on the command line. What is wrong with one is said in words.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

/// Returns a parser of whole numbers in a range.
pub(crate) fn whole<T>(range: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, String> + Clone
where
    T: Display + FromStr + PartialOrd + Clone,
{
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        let (least, most) = (range.start(), range.end());
        number.ok_or_else(|| format!("it must be a whole number from {least} to {most}"))
    }
}

/// Returns a parser of numbers of bytes, at least some megabytes; M and G are powers of 1,024.
pub(crate) fn bytes(least: usize) -> impl Fn(&str) -> Result<usize, String> + Clone {
    let units = [('M', 1 << 20), ('G', 1 << 30)];
    move |text| {
        let bytes = product(text, &units).or_else(|| text.parse().ok());
        bytes.filter(|&bytes| bytes >= least).ok_or_else(|| {
            let least = least >> 20;
            format!(
                "it must be at least {least}M, as a whole number of bytes, M or G, such as 512M"
            )
        })
    }
}

/// Parses a duration of at least a second.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let units = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
    let seconds = product(text, &units).filter(|seconds| (1..=LONGEST).contains(seconds));
    seconds.map(|seconds| Duration::from_secs(seconds as u64)).ok_or_else(|| {
        "it must be from 1s to 100 years, as a whole number of seconds, minutes, hours or days, \
         such as 45s, 90m, 12h or 30d"
            .to_owned()
    })
}

/// A hundred years, in seconds. Times of arrival have 32 bits.
const LONGEST: usize = 36_525 * 86_400;

/// Parses a number with a unit, in either case.
fn product(text: &str, units: &[(char, usize)]) -> Option<usize> {
    let last = text.chars().next_back()?;
    let (_, size) = units.iter().find(|(unit, _)| unit.eq_ignore_ascii_case(&last))?;
    let number = text.strip_suffix(last)?.parse::<usize>().ok()?;
    number.checked_mul(*size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_they_are_and_in_powers_of_1024() {
        let bytes = bytes(4 << 20);
        for (text, number) in [("16M", 16 << 20), ("3g", 3 << 30), ("20000000", 20_000_000)] {
            assert_eq!(bytes(text), Ok(number));
        }
        for wrong in ["", "M", "-1G", "1.5G", "3M", "1T", "99999999999G", "16MiB", "\u{e9}"] {
            let told = bytes(wrong).expect_err("it is wrong");
            assert!(told.starts_with("it must be at least 4M, "), "{told}");
        }
    }

    #[test]
    fn durations_are_read_with_their_unit() {
        let cases = [("45s", 45), ("90m", 5_400), ("12h", 43_200), ("30D", 2_592_000), ("1s", 1)];
        for (text, seconds) in cases {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)));
        }
        for wrong in ["", "d", "30", "0s", "-1d", "1.5h", "1w", "40000d", "30 d", "1h30m", "\u{e9}"]
        {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
