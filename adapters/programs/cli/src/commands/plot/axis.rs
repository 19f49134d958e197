//! The axes of a plot: their ends and their ticks.

mod decades;
mod linear;
mod scale;
mod times;
mod values;

pub(super) use scale::Scale;
pub(super) use times::Times;
pub(super) use values::Values;

/// A labelled position on an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    /// The position, from 0 to 1.
    pub(super) at: f64,
    pub(super) label: String,
}

#[cfg(test)]
fn labels(ticks: &[Tick]) -> String {
    ticks.iter().map(|tick| tick.label.as_str()).collect::<Vec<_>>().join(" ")
}
