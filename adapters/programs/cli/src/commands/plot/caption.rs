//! Tells below a plot what its axes show.

use crate::time::Clock;

/// Returns the range of time, the time zone, and what there is to note.
pub(super) fn caption(clock: Clock, ends: (i64, i64), note: Option<&str>) -> String {
    let mut caption = format!("{}, {}", clock.show_span(ends), clock.name());
    caption.extend(offsets(clock, ends));
    caption.extend(note.into_iter().flat_map(|note| [", ", note]));
    caption
}

/// Returns the offsets of a clock that is changed in the range, since both ends may show the same
/// time then.
fn offsets(clock: Clock, (first, last): (i64, i64)) -> Option<String> {
    let rules = clock.rules()?;
    let offset = |time| Some(rules.to_offset(clock.unit().instant(time)?));
    let (first, last) = (offset(first)?, offset(last)?);
    (first != last).then(|| format!(" (UTC{first} to UTC{last})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caption_has_the_range_the_zone_and_the_note() {
        let of = |note| caption(Clock::UTC, (0, 60), note);
        assert_eq!(of(None), "1970-01-01 00:00:00 to 00:01:00, UTC");
        assert_eq!(of(Some("a note")), "1970-01-01 00:00:00 to 00:01:00, UTC, a note");
        assert_eq!(caption(Clock::NUMBERS, (0, 60), None), "0 to 60, seconds");
    }
}
