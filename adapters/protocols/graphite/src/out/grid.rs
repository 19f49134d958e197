//! At which times a series is shown that functions combine, or that has too many samples.

use metric_query::Grid;

use crate::out::attime::LONGEST;
use crate::out::series::Steps;

/// The distances of samples that people choose, in seconds.
const USUAL: [i64; 17] =
    [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400];

/// The distance if there are too few samples to tell.
const UNKNOWN: i64 = 60;

/// Returns the usual distance of samples from their times, in ascending order.
///
/// It is the median, the lower one of two. If most distances are others, the median of them is not what the samples were
/// meant to have, and the usual distance next to it is taken.
pub(crate) fn usual_step(times: &[i64]) -> i64 {
    usual(&distances(times), times)
}

fn usual(distances: &[i64], times: &[i64]) -> i64 {
    let Some(median) = distances.get(distances.len().saturating_sub(1) / 2).copied() else {
        // Samples of one second have a distance that is no longer than it.
        return if times.len() > 1 { 1 } else { UNKNOWN };
    };
    let same = distances.iter().filter(|distance| **distance == median).count();
    let step = if same * 2 >= distances.len() { median } else { next_to(median) };
    step.min(LONGEST)
}

/// Returns the usual distance of samples if hardly any of them are much closer to each other: these
/// samples would be alone in steps that are shorter.
pub(crate) fn regular_step(times: &[i64]) -> Option<i64> {
    let distances = distances(times);
    let short = distances.get(distances.len() / 8)?;
    Some(usual(&distances, times)).filter(|step| times.len() > 2 && short.saturating_mul(2) > *step)
}

/// Returns the distances of samples, sorted. Those of one time have none.
fn distances(times: &[i64]) -> Vec<i64> {
    let distance = |pair: &[i64]| match pair {
        [before, after] => Some(after.saturating_sub(*before)).filter(|distance| *distance > 0),
        _ => None,
    };
    let mut distances: Vec<i64> = times.windows(2).filter_map(distance).collect();
    distances.sort_unstable();
    distances
}

fn next_to(distance: i64) -> i64 {
    let ratio = |usual: i64| (usual as f64 / distance as f64).ln().abs();
    let nearest = USUAL.into_iter().min_by(|left, right| ratio(*left).total_cmp(&ratio(*right)));
    // Beyond days, whole days are good.
    if distance > 86_400 { distance / 86_400 * 86_400 } else { nearest.unwrap_or(UNKNOWN) }
}

/// Slots of one width, which begin at multiples of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slots {
    pub(crate) steps: Steps,
    pub(crate) count: usize,
}

impl Slots {
    /// Returns those that begin in a window: after `from`, and not after `until`. So has Graphite
    /// them.
    pub(crate) fn beginning_in(from: i64, until: i64, step: i64) -> Self {
        let start = multiple(from, step).saturating_add(step);
        Self::from_start(start, until, step)
    }

    /// Returns those that cover the times after `from` up to `until`, at most so many. Their width is
    /// a multiple of `step` that depends on the length of the window only, so that they do not move
    /// with it. One alone is the window itself.
    pub(crate) fn covering(from: i64, until: i64, step: i64, most: usize) -> Self {
        let first = from.saturating_add(1);
        if most <= 1 {
            let step = until.saturating_sub(from).max(1);
            return Self { steps: Steps { start: first, step }, count: 1 };
        }
        // However the window lies, it touches no more steps than these.
        let length = until.saturating_sub(first).max(0);
        let grid = Grid::new(0, length / step + i64::from(length % step > 0), most);
        let width = step.saturating_mul(i64::try_from(grid.width()).unwrap_or(i64::MAX));
        Self::from_start(multiple(first, width), until, width)
    }

    fn from_start(start: i64, until: i64, step: i64) -> Self {
        let count = until.checked_sub(start).filter(|beyond| *beyond >= 0);
        let count = count.map_or(0, |beyond| beyond / step.max(1) + 1);
        Self { steps: Steps { start, step }, count: count.try_into().unwrap_or(usize::MAX) }
    }

    /// Returns what finds the slots of times that ascend, without a division for each.
    pub(crate) const fn cursor(self) -> Cursor {
        Cursor { slots: self, at: None, end: i64::MIN }
    }

    /// Returns the slot of a time.
    pub(crate) fn index(&self, time: i64) -> Option<usize> {
        let beyond = time.checked_sub(self.steps.start)?.checked_div_euclid(self.steps.step)?;
        usize::try_from(beyond).ok().filter(|index| *index < self.count)
    }
}

/// Finds the slots of times that ascend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor {
    slots: Slots,
    /// The slot of the last time, and its end.
    at: Option<usize>,
    end: i64,
}

impl Cursor {
    /// Returns the width of a slot.
    pub(crate) const fn step(&self) -> i64 {
        self.slots.steps.step
    }

    /// Returns the slot of a time that is not before the last one.
    #[inline]
    pub(crate) fn index(&mut self, time: i64) -> Option<usize> {
        if time >= self.end {
            self.go_to(time);
        }
        self.at
    }

    /// Goes to the slot of a time behind the last one. Mostly it is the next one.
    #[inline]
    fn go_to(&mut self, time: i64) {
        let Slots { steps, count } = self.slots;
        let end_of_next = self.end.saturating_add(steps.step);
        (self.at, self.end) = match self.at {
            Some(at) if time < end_of_next && at + 1 < count => (Some(at + 1), end_of_next),
            _ => {
                let at = self.slots.index(time);
                (at, at.map_or(i64::MIN, |at| steps.at(at + 1)))
            }
        };
    }
}

/// Returns the last multiple of a step that is not after a time.
fn multiple(time: i64, step: i64) -> i64 {
    time.div_euclid(step.max(1)).saturating_mul(step.max(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_usual_distance_is_the_one_of_most_samples_or_one_that_people_choose() {
        let cases = [
            (&[][..], 60),
            (&[5], 60),
            (&[5, 5, 5], 1),
            (&[0, 20, 40, 60], 20),
            (&[0, 10, 20, 90, 100], 10),
            (&[0, 9, 20, 30, 38, 50], 10),
            (&[0, 10, 30], 10),
            (&[0, 58, 121, 180, 243], 60),
            (&[0, 0, 7, 7, 14], 7),
            (&[0, 172_000, 350_000, 520_000], 86_400),
        ];
        for (times, expected) in cases {
            assert_eq!(usual_step(times), expected, "{times:?}");
        }
    }

    #[test]
    fn a_distance_with_many_shorter_ones_is_not_regular() {
        let cases = [
            (&[][..], None),
            (&[5, 10], None),
            (&[0, 20, 40, 60], Some(20)),
            (&[0, 9, 20, 30, 38, 50], Some(10)),
            (&[0, 10, 30, 40, 60], Some(10)),
            (&[0, 20, 30, 50, 60, 80], None),
            (&[0, 10, 20, 900, 910], Some(10)),
        ];
        for (times, expected) in cases {
            assert_eq!(regular_step(times), expected, "{times:?}");
        }
    }

    #[test]
    fn slots_begin_as_graphites_do() {
        let slots = Slots::beginning_in(100, 130, 10);
        assert_eq!(slots, Slots { steps: Steps { start: 110, step: 10 }, count: 3 });
        assert_eq!(slots.index(100), None);
        assert_eq!(slots.index(119), Some(0));
        assert_eq!(slots.index(139), Some(2));
        assert_eq!(Slots::beginning_in(100, 100, 10).count, 0);
    }

    proptest! {
        #[test]
        fn covering_slots_are_few_aligned_and_leave_nothing_out(
            from in -1_000_000_i64..2_000_000_000,
            length in 1_i64..10_000_000,
            step in prop::sample::select(&USUAL[..]),
            most in 1_usize..3_000,
        ) {
            let until = from + length;
            let slots = Slots::covering(from, until, step, most);
            prop_assert!((1..=most).contains(&slots.count));
            for time in [from + 1, from + (length + 1) / 2, until] {
                prop_assert!(slots.index(time).is_some(), "{time} {slots:?}");
            }
            if most > 1 {
                prop_assert_eq!(slots.steps.step % step, 0);
                prop_assert_eq!(slots.steps.start.rem_euclid(slots.steps.step), 0);
                let moved = Slots::covering(from + 7, until + 7, step, most);
                prop_assert_eq!(slots.steps.step, moved.steps.step);
                let mut cursor = slots.cursor();
                for time in (from - 9..until + 9).step_by(1 + length as usize / 50) {
                    prop_assert_eq!(cursor.index(time), slots.index(time));
                }
            }
        }
    }
}
