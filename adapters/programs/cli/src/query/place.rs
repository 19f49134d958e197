//! How far samples were read, so that another way of reading can go on there.

use metric_proto::{Key, Sample};

use super::pattern::Pattern;

/// The last sample that was read, in the order in which a server sends them.
#[derive(Debug)]
pub(super) struct Place<'p> {
    patterns: &'p [Pattern],
    /// Whether all series are read in the order of their keys, and not each in that of the patterns.
    by_key: bool,
    /// The key of the last sample; empty before the first.
    key: String,
    timestamp: i64,
}

impl<'p> Place<'p> {
    /// Creates the place before the first sample.
    pub(super) fn new(patterns: &'p [Pattern]) -> Self {
        let by_key = patterns.iter().any(|pattern| matches!(pattern, Pattern::Prefix(_)));
        Self { patterns, by_key, key: String::new(), timestamp: i64::MIN }
    }

    pub(super) fn is_first(&self) -> bool {
        self.key.is_empty()
    }

    /// Marks a sample as read.
    pub(super) fn pass(&mut self, key: Key<'_>, sample: Sample) {
        if key.as_str() != self.key {
            key.as_str().clone_into(&mut self.key);
        }
        self.timestamp = sample.timestamp();
    }

    /// Returns whether a sample was not read.
    pub(super) fn is_before(&self, key: Key<'_>, sample: Sample) -> bool {
        let own = (self.rank(&self.key), self.key.as_str(), self.timestamp);
        self.is_first() || own < (self.rank(key.as_str()), key.as_str(), sample.timestamp())
    }

    /// Returns the place of a series in the order of the patterns.
    fn rank(&self, key: &str) -> usize {
        let matches = |pattern: &Pattern| pattern.matches(key);
        if self.by_key { 0 } else { self.patterns.iter().position(matches).unwrap_or_default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_behind_a_place_are_those_that_a_server_sends_later() {
        for (patterns, order) in [
            (&["b", "a", "b"][..], [("b", 1), ("b", 2), ("a", -1), ("a", 5)]),
            (&["b", "a*"], [("a", -1), ("a", 5), ("b", 1), ("b", 2)]),
        ] {
            let patterns: Vec<Pattern> =
                patterns.iter().map(|text| text.parse().unwrap()).collect();
            let samples =
                order.map(|(key, time)| (Key::new(key).unwrap(), Sample::new(0.0, time).unwrap()));
            let mut place = Place::new(&patterns);
            for read in 0..=samples.len() {
                let left = samples.map(|(key, sample)| place.is_before(key, sample));
                assert_eq!(left, [0, 1, 2, 3].map(|number| number >= read), "{patterns:?}");
                samples.get(read).inspect(|(key, sample)| place.pass(*key, *sample));
            }
        }
    }
}
