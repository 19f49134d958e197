//! The content of a plot, independent of where it is drawn. Positions are from 0 to 1.

use std::collections::BTreeMap;

use metric_proto::Sample;

use super::axis::{Scale, Times, Values};
use super::caption::caption;
use super::clip::{Point, clip};
use super::columns::Columns;
use super::percent::is_percentage;
use crate::output::text;
use crate::time::Clock;

/// A plot that can be drawn in any size.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    /// What is shown, in the words of the user.
    pub(super) heading: Option<String>,
    /// The panels, from top to bottom, over one axis of time.
    pub(super) panels: Vec<Panel>,
    pub(super) times: Times,
    /// The range of time and the time zone.
    pub(super) caption: String,
}

/// Lines over one axis of values.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    pub(super) lines: Vec<Line>,
    pub(super) values: Values,
}

/// The line of a series.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) name: String,
    /// The newest, the smallest and the largest value.
    pub(super) summary: String,
    /// Runs of points to be joined. Between runs is a gap.
    pub(super) runs: Vec<Vec<Point>>,
}

/// What of the series is shown, and how.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) heading: Option<String>,
    /// The unit of values, if the user names one.
    pub(super) unit: Option<String>,
    /// The ends of the axis of time. If one is `None`, the axis begins or ends with the samples.
    pub(super) since: Option<i64>,
    pub(super) until: Option<i64>,
    /// The time at which the axis ends if samples do not reach it and nothing else ends it.
    pub(super) now: Option<i64>,
    pub(super) clock: Clock,
    pub(super) scale: Scale,
    pub(super) room: Room,
}

/// The space for a chart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// The length of the time axis in characters.
    pub(super) characters: usize,
    /// The height of all panels in lines of text.
    pub(super) lines: usize,
    /// The most series that can be told apart in one panel. If there are more, each has its own.
    pub(super) together: usize,
    /// The least height of a panel, for which the plot becomes higher.
    pub(super) least: usize,
}

impl Room {
    /// Returns the series in each panel, and the height of each panel in lines of text.
    fn of_each(self, series: usize) -> (usize, usize) {
        if series <= self.together {
            (self.together, self.lines)
        } else {
            (1, (self.lines / series.max(1)).max(self.least))
        }
    }
}

impl Chart {
    /// Creates a chart. Returns `None` if there are no samples that the scale shows.
    pub(super) fn new(series: &BTreeMap<String, Columns>, view: View) -> Option<Self> {
        let all = series.iter().filter_map(|(key, columns)| Shown::new(key, columns, &view));
        let all: Vec<_> = all.collect();
        let View { heading, since, until, now, clock, scale, room, .. } = view;
        let times = || all.iter().flat_map(|shown| shown.runs.iter().flatten());
        let times = || times().map(|sample| sample.timestamp());
        let (first, last) = times().min().zip(times().max())?;
        let last = until.unwrap_or(last.max(now.unwrap_or(last)));
        let first = since.unwrap_or(first);
        let dates = clock.date(first).and(clock.date(last)).is_some();
        let clock = if dates { clock } else { clock.of_numbers() };
        let times = Times::new(first, last, room.characters, clock);
        let hides = all.len() < series.len() || all.iter().any(|shown| shown.hides);
        let caption = caption(clock, times.ends(), scale.note(hides));
        let (together, height) = room.of_each(all.len());
        let panels = all.chunks(together.max(1));
        let panels = panels.filter_map(|some| Panel::new(some, &times, scale, height)).collect();
        Some(Self { heading, panels, times, caption })
    }
}

/// A series with the samples that are shown.
struct Shown<'k> {
    key: &'k str,
    runs: Vec<Vec<Sample>>,
    last: f64,
    /// The smallest and the largest value.
    ends: (f64, f64),
    /// Whether the scale does not show all samples.
    hides: bool,
    is_percentage: bool,
}

impl<'k> Shown<'k> {
    /// Returns `None` if the scale shows none of the samples.
    fn new(key: &'k str, columns: &Columns, View { scale, unit, .. }: &View) -> Option<Self> {
        let runs = columns.runs();
        let values = || {
            runs.iter().flatten().map(|sample| sample.value()).filter(|value| scale.shows(*value))
        };
        let last = values().next_back()?;
        let ends = (values().reduce(f64::min)?, values().reduce(f64::max)?);
        let hides = runs.iter().flatten().any(|sample| !scale.shows(sample.value()));
        let is_percentage = is_percentage(unit.as_deref(), key, ends);
        Some(Self { key, runs, last, ends, hides, is_percentage })
    }

    fn line(&self, times: &Times, values: &Values) -> Line {
        let point =
            |sample: &Sample| (times.share(sample.timestamp()), values.share(sample.value()));
        let runs = self.runs.iter().map(|run| run.iter().map(point).collect::<Vec<_>>());
        let [last, min, max] = text::apart([self.last, self.ends.0, self.ends.1], text::rounded);
        Line {
            name: text::visible(self.key),
            summary: format!("last {last}, min {min}, max {max}"),
            runs: runs.flat_map(|run| clip(&run)).collect(),
        }
    }
}

impl Panel {
    /// Creates a panel of some height in lines of text. Returns `None` without series.
    fn new(all: &[Shown<'_>], times: &Times, scale: Scale, height: usize) -> Option<Self> {
        let mut low = all.iter().map(|shown| shown.ends.0).reduce(f64::min)?;
        let mut high = all.iter().map(|shown| shown.ends.1).reduce(f64::max)?;
        if !scale.log && all.iter().all(|shown| shown.is_percentage) {
            (low, high) = (0.0, 100.0);
        }
        let values = Values::new((low, high), (height / 3).min(12), scale);
        let lines = all.iter().map(|shown| shown.line(times, &values)).collect();
        Some(Self { lines, values })
    }
}
