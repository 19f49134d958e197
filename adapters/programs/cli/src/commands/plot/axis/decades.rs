//! Ticks of a logarithmic axis.

use crate::output::text;

/// Returns ticks at powers of ten, and at twice and five times those if there is room, the first
/// below all values and the last above them. Returns `None` if doubles end before that.
pub(super) fn ticks((low, high): (f64, f64), most: usize) -> Option<Vec<(f64, String)>> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let decades = (last - first).max(1);
    let most = i32::try_from(most).unwrap_or(i32::MAX).max(1);
    let digits = if most / 3 >= decades { &[1, 2, 5][..] } else { &[1] };
    let step = (decades + most - 1) / most;
    // A logarithm may be off by a little, so begin and end one further.
    let exponents = (first.div_euclid(step) - 1..=last.div_euclid(step) + 2).map(|n| n * step);
    let all =
        exponents.flat_map(|power| digits.iter().map(move |digit| format!("{digit}e{power}")));
    let values: Vec<f64> = all.filter_map(|text| text.parse().ok()).collect();
    let from = values.iter().rposition(|value| *value <= low)?;
    let to = values.iter().position(|value| *value >= high)?;
    let values = values.get(from..=to)?;
    let fits = values.iter().all(|value| *value > 0.0 && value.is_finite());
    fits.then(|| values.iter().map(|&value| (value, text::value(value))).collect())
}
