//! Which logs a segment was made of, and the file name that says so.

use std::cmp::Reverse;
use std::fmt;

/// The numbers of the first and the last log of a segment. It replaces them and all between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Numbers {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Numbers {
    /// Parses the name of a segment's file; returns `None` if it is not exactly one.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let (first, last) = name.strip_suffix(".seg")?.split_once('-')?;
        let numbers = Self { first: first.parse().ok()?, last: last.parse().ok()? };
        (numbers.first <= numbers.last && numbers.to_string() == name).then_some(numbers)
    }

    /// Sorts numbers, the oldest first. A segment stands before those that it replaces.
    pub(crate) fn sort(all: &mut [Self]) {
        all.sort_by_key(|numbers| (numbers.first, Reverse(numbers.last)));
    }
}

/// Writes the name of the segment's file.
impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08}-{:08}.seg", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_parsed_if_it_is_what_would_be_written() {
        for (first, last, name) in [
            (1, 2, "00000001-00000002.seg"),
            (7, 7, "00000007-00000007.seg"),
            (99_999_999, 100_000_000, "99999999-100000000.seg"),
            (0, u64::MAX, "00000000-18446744073709551615.seg"),
        ] {
            let numbers = Numbers { first, last };
            assert_eq!(numbers.to_string(), name);
            assert_eq!(Numbers::from_name(name), Some(numbers), "{name}");
        }
        for name in [
            "",
            ".seg",
            "-.seg",
            "1-2.seg",
            "00000002-00000001.seg",
            "00000001-00000002.seg.bad",
            "00000001-00000002.SEG",
            "000000001-00000002.seg",
            "+0000001-00000002.seg",
            "00000001-18446744073709551616.seg",
            "00000001.log",
        ] {
            assert_eq!(Numbers::from_name(name), None, "{name}");
        }
    }
}
