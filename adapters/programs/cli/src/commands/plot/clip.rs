//! Cuts lines at the ends of the value axis.

/// A position in a picture, from 0 to 1: the time and the value.
pub(super) type Point = (f64, f64);

/// Cuts a run of points to the parts with values from 0 to 1. A value that is not finite is a gap.
pub(super) fn clip(run: &[Point]) -> Vec<Vec<Point>> {
    if let [point] = *run {
        return if is_inside(point) { vec![vec![point]] } else { Vec::new() };
    }
    let mut runs = Vec::<Vec<Point>>::new();
    for ends in run.windows(2) {
        let [one, other] = *ends else { continue };
        let Some([one, other]) = clip_segment(one, other) else { continue };
        match runs.last_mut() {
            Some(run) if run.last() == Some(&one) => run.push(other),
            _ => runs.push(vec![one, other]),
        }
    }
    runs
}

fn is_inside((_, value): Point) -> bool {
    (0.0..=1.0).contains(&value)
}

fn clip_segment(one: Point, other: Point) -> Option<[Point; 2]> {
    match [one, other].map(|(_, value)| value.is_finite()) {
        [true, true] => {}
        [true, false] => return is_inside(one).then_some([one, one]),
        [false, true] => return is_inside(other).then_some([other, other]),
        [false, false] => return None,
    }
    let (below, above) = (one.1.min(other.1) < 0.0, one.1.max(other.1) > 1.0);
    let outside = one.1.max(other.1) < 0.0 || one.1.min(other.1) > 1.0;
    match below || above {
        _ if outside => None,
        false => Some([one, other]),
        true => Some([moved_inside(one, other), moved_inside(other, one)]),
    }
}

/// Moves `point` towards `other` until its value is inside.
fn moved_inside(point: Point, other: Point) -> Point {
    let edge = point.1.clamp(0.0, 1.0);
    if edge == point.1 {
        return point;
    }
    let part = (edge - point.1) / (other.1 - point.1);
    (point.0 + part * (other.0 - point.0), edge)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_parts_inside_are_left() {
        let nothing: [&[Point]; 0] = [];
        for (run, expected) in [
            (&[(0.0, 0.5)][..], &[&[(0.0, 0.5)][..]][..]),
            (&[(0.0, 1.5)], &nothing),
            (&[(0.0, 0.0), (0.5, 1.0), (1.0, 0.5)], &[&[(0.0, 0.0), (0.5, 1.0), (1.0, 0.5)]]),
            (&[(0.0, -1.0), (1.0, 3.0)], &[&[(0.25, 0.0), (0.5, 1.0)]]),
            (
                &[(0.0, 0.0), (0.5, 2.0), (1.0, 0.0)],
                &[&[(0.0, 0.0), (0.25, 1.0)], &[(0.75, 1.0), (1.0, 0.0)]],
            ),
            (&[(0.0, 2.0), (0.5, 3.0), (1.0, 2.0)], &nothing),
            (&[(0.0, -2.0), (1.0, -3.0)], &nothing),
            (
                &[(0.0, 0.5), (0.5, f64::NEG_INFINITY), (1.0, 0.5)],
                &[&[(0.0, 0.5), (0.0, 0.5)], &[(1.0, 0.5), (1.0, 0.5)]],
            ),
            (&[(0.0, f64::NAN), (1.0, f64::NAN)], &nothing),
        ] {
            assert_eq!(clip(run), expected, "{run:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn what_is_left_is_inside_and_ascends(values in prop::collection::vec(-3.0..3.0_f64, 1..50)) {
            let run: Vec<_> = values.iter().enumerate().map(|(n, &v)| (n as f64, v)).collect();
            let left = clip(&run);
            for point in run.iter().filter(|point| is_inside(**point)) {
                prop_assert!(left.iter().flatten().any(|other| other == point));
            }
            let left = left.concat();
            prop_assert!(left.iter().all(|point| is_inside(*point)), "{left:?}");
            prop_assert!(left.is_sorted_by(|one, other| one.0 <= other.0), "{left:?}");
        }
    }
}
