//! Reads the series of a plot from the server.

use std::collections::BTreeMap;

use metric_proto::Key;

use super::Arguments;
use super::chart::{Chart, Room, View};
use super::columns::Columns;
use super::rate::Rates;
use super::series::{MAX_SERIES, Series};
use crate::failure::Failure;
use crate::output::progress::say;
use crate::query::{Access, Bounds};
use crate::server::Server;
use crate::time::Clock;

/// The series as they were at one time.
#[derive(Debug)]
pub(super) struct Reading {
    series: BTreeMap<String, Columns>,
    bounds: Bounds,
    /// The timestamp of the reading.
    now: i64,
    clock: Clock,
    /// A hint if timestamps seem to count another unit.
    doubt: Option<String>,
}

/// The reason for which there is no chart.
#[derive(Debug)]
pub(super) enum Lack {
    /// No sample is selected yet.
    Samples(Failure),
    /// Reading again does not help.
    Room(Failure),
    /// Reading from the server failed.
    Reading(Failure),
}

impl From<Lack> for Failure {
    fn from(lack: Lack) -> Self {
        match lack {
            Lack::Samples(failure) | Lack::Room(failure) | Lack::Reading(failure) => failure,
        }
    }
}

impl Reading {
    /// Reads the samples, reduced to what a picture of `columns` can show.
    pub(super) async fn read(
        server: &Server,
        arguments: &Arguments,
        columns: usize,
    ) -> Result<Self, Lack> {
        server.learn_unit().await.map_err(|failure| match failure {
            Failure::Usage(_) => Lack::Room(failure),
            failure => Lack::Reading(failure),
        })?;
        arguments.window.check(server.unit()).map_err(Lack::Room)?;
        let clock = server.clock(arguments.time).map_err(Lack::Room)?;
        let bounds = arguments.window.bounds(server.unit());
        let access = Access::open(server, &arguments.keys, &bounds).await;
        let mut access = access.map_err(Lack::Reading)?;
        let (mut series, mut fits) = (Series::new(columns), true);
        let mut rates = Rates::new(10_f64.powi(server.unit().decimals() as i32));
        let take = |key: Key<'_>, sample| {
            let key = key.as_str();
            let sample = if arguments.rate { rates.next(key, sample) } else { Some(sample) };
            fits = sample.is_none_or(|sample| series.put(key, sample));
            if fits { Ok(()) } else { Err(too_many(arguments)) }
        };
        let read = bounds.each_sample(&mut access, &arguments.keys, take).await;
        let findings = read.map_err(if fits { Lack::Reading } else { Lack::Room })?;
        let (series, now) = (series.columns(), server.unit().now());
        Ok(Self { series, bounds, now, clock, doubt: findings.doubt })
    }

    /// Prints a hint on standard error if timestamps seem to count another unit.
    pub(super) fn tell(&self) {
        if let Some(doubt) = &self.doubt {
            say(&format!("metric: {doubt}"));
        }
    }

    pub(super) fn chart(&self, arguments: &Arguments, room: Room) -> Result<Chart, Lack> {
        let Bounds { since, until, .. } = self.bounds;
        let view = View {
            heading: arguments.heading(),
            unit: arguments.unit(),
            since,
            until,
            now: arguments.window.is_relative().then_some(self.now),
            clock: self.clock,
            scale: arguments.scale,
            room,
        };
        Chart::new(&self.series, view).ok_or_else(|| Lack::Samples(self.none(arguments)))
    }

    fn none(&self, arguments: &Arguments) -> Failure {
        let names = arguments.names();
        let when = if self.bounds.is_bounded() { " between --since and --until" } else { "" };
        Failure::failed(match (self.series.is_empty(), arguments.rate) {
            (true, false) => format!("no samples of {names}{when}"),
            (true, true) => format!("no two samples of a series of {names}{when}, as a rate takes"),
            (false, _) => format!("no values above 0 of {names}{when}, as --log takes"),
        })
    }
}

fn too_many(arguments: &Arguments) -> Failure {
    Failure::failed(format_args!(
        "more than {MAX_SERIES} series match {}; a plot shows at most {MAX_SERIES}",
        arguments.names()
    ))
}
