//! What the names in a directory say: which files count, and which numbers are missing.

use crate::names::{self, Kind};
use crate::segment::Numbers;

/// The files of a directory, by their names alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chain {
    /// The segments that count, the oldest first. Neighbours may have some of their logs in common, if a
    /// merge was published, failed, and could not be undone: what both have is the same.
    pub(crate) segments: Vec<Numbers>,
    /// The logs that no segment has, the oldest first.
    pub(crate) logs: Vec<u64>,
    /// The oldest number that a bound has left; 0 if none has removed anything.
    pub(crate) oldest: u64,
    /// Whether the directory has a unit, which a store writes when its first log is there.
    pub(crate) has_unit: bool,
    /// The names of files that a segment replaces.
    pub(crate) superseded: Vec<String>,
    /// The names of damaged files that a store has set aside, and of files that no store has made.
    pub(crate) set_aside: Vec<String>,
    pub(crate) foreign: Vec<String>,
}

impl Chain {
    pub(crate) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut chain, mut segments) = (Self::default(), Vec::new());
        for name in names {
            match names::kind(name) {
                Kind::Log(number) => chain.logs.push(number),
                Kind::Segment(numbers) => segments.push(numbers),
                Kind::SetAside => chain.set_aside.push(name.to_owned()),
                Kind::Other => chain.foreign.push(name.to_owned()),
                Kind::First(number) => chain.oldest = chain.oldest.max(number),
                Kind::Unit => chain.has_unit = true,
                Kind::Temporary | Kind::Lock => {}
            }
        }
        Numbers::sort(&mut segments);
        chain.logs.sort_unstable();
        chain.set_aside.sort_unstable();
        chain.foreign.sort_unstable();
        segments.into_iter().for_each(|numbers| chain.add(numbers));
        let end = chain.end();
        let done = chain.logs.extract_if(.., |log| *log <= end).map(names::log);
        chain.superseded.extend(done);
        chain
    }

    fn add(&mut self, numbers: Numbers) {
        if numbers.last <= self.end() {
            self.superseded.push(numbers.to_string());
        } else {
            self.segments.push(numbers);
        }
    }

    /// Returns whether files that a segment replaces have all its numbers.
    pub(crate) fn has_sources(&self, segment: Numbers) -> bool {
        let mut sources: Vec<_> = self.superseded.iter().filter_map(|name| numbers(name)).collect();
        sources.sort_unstable();
        let next = sources.iter().fold(segment.first, |next, source| match source.first <= next {
            true => next.max(source.last + 1),
            false => next,
        });
        next > segment.last
    }

    /// Returns the last number that a segment has.
    pub(crate) fn end(&self) -> u64 {
        self.segments.last().map_or(0, |numbers| numbers.last)
    }

    /// Returns the newest number, 0 if there is none.
    pub(crate) fn newest(&self) -> u64 {
        self.logs.last().copied().unwrap_or_else(|| self.end())
    }

    /// Returns the oldest number, if there is any file.
    pub(crate) fn first(&self) -> Option<u64> {
        let segment = self.segments.first().map(|numbers| numbers.first);
        segment.or(self.logs.first().copied())
    }

    /// Returns the numbers that are missing between the oldest and the newest.
    pub(crate) fn gaps(&self) -> Vec<Numbers> {
        let logs = self.logs.iter().map(|&log| Numbers { first: log, last: log });
        let all: Vec<_> = self.segments.iter().copied().chain(logs).collect();
        let between = all.windows(2).map(|pair| (pair[0].last + 1, pair[1].first - 1));
        let gaps = between.filter(|(first, last)| first <= last);
        gaps.map(|(first, last)| Numbers { first, last }).collect()
    }
}

/// Returns the numbers of a segment or of a log.
fn numbers(name: &str) -> Option<Numbers> {
    match names::kind(name) {
        Kind::Segment(numbers) => Some(numbers),
        Kind::Log(log) => Some(Numbers { first: log, last: log }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(first: u64, last: u64) -> Numbers {
        Numbers { first, last }
    }

    #[test]
    fn a_segment_replaces_all_that_its_name_covers() {
        let names = [
            "00000007.log",
            "00000005.log",
            "00000001-00000002.seg",
            "00000003-00000003.seg",
            "00000001-00000005.seg",
            "00000005-00000006.seg",
            "lock",
            "00000008.log.tmp",
            "00000006-00000006.seg.tmp",
            "00000004.log.bad",
            "notes",
        ];
        let chain = Chain::new(names);
        assert_eq!(chain.segments, [numbers(1, 5), numbers(5, 6)]);
        assert_eq!(chain.gaps(), []);
        assert_eq!(chain.logs, [7]);
        let superseded = ["00000001-00000002.seg", "00000003-00000003.seg", "00000005.log"];
        assert_eq!(chain.superseded, superseded);
        assert!(chain.has_sources(numbers(5, 5)) && !chain.has_sources(numbers(1, 5)));
        assert_eq!((chain.set_aside, chain.foreign), (vec![names[9].into()], vec!["notes".into()]));
    }

    #[test]
    fn missing_numbers_are_those_between_the_oldest_and_the_newest() {
        let cases: [(&[&str], &[Numbers]); 5] = [
            (&[], &[]),
            (&["00000009.log"], &[]),
            (&["00000003-00000004.seg", "00000005-00000005.seg", "00000006.log"], &[]),
            (&["00000001-00000002.seg", "00000004-00000004.seg"], &[numbers(3, 3)]),
            (
                &["00000001-00000002.seg", "00000005.log", "00000007.log"],
                &[numbers(3, 4), numbers(6, 6)],
            ),
        ];
        for (names, gaps) in cases {
            assert_eq!(Chain::new(names.iter().copied()).gaps(), gaps, "{names:?}");
        }
    }
}
