//! The fields of a request.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use metric_query::TimeUnit;

use crate::out::attime::time_at;
use crate::out::failure::{Failure, shown};
use crate::out::query::Context;

/// The fields of a request.
#[derive(Clone, Debug)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Takes fields in their order.
    #[must_use]
    pub(crate) const fn new(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// Returns the last value of a field, which is that of the form if the target has it, too.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.all(name).last()
    }

    /// Returns all values of a field.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(other, _)| other == name).map(|(_, value)| &**value)
    }

    /// Returns all values of a field, which some call `name[]`.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let array = format!("{name}[]");
        let plain: Vec<_> = self.all(name).collect();
        if plain.is_empty() { self.all(&array).collect() } else { plain }
    }

    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| matches!(text, "1" | "true"))
    }

    /// Returns a number; one that is empty is not there.
    pub(crate) fn number(&self, name: &str) -> Result<Option<usize>, Failure> {
        let Some(text) = self.text(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        let wrong = |_| {
            Failure::wrong(format!("{name}: '{}' is not a whole number from 0 on", shown(text)))
        };
        text.parse().map(Some).map_err(wrong)
    }

    /// Returns the times of a request: the last day, unless others are given.
    pub(crate) fn times(&self, now: i64, unit: TimeUnit) -> Result<Context, Failure> {
        let zone = self.zone()?;
        let now = Timestamp::from_second(now).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone);
        let now = match self.time("now", &now)? {
            Some(time) => {
                let time = Timestamp::from_second(time).unwrap_or(Timestamp::UNIX_EPOCH);
                time.to_zoned(now.time_zone().clone())
            }
            None => now,
        };
        let present = now.timestamp().as_second();
        let until = self.time("until", &now)?.unwrap_or(present);
        let from = self.time("from", &now)?.unwrap_or(present - 86_400);
        if from == until {
            return Err(Failure::wrong("from: the time is empty, as until is the same"));
        }
        let xff = match self.text("xFilesFactor") {
            Some(text) => text.parse().ok().filter(|part| (0.0..=1.0).contains(part)),
            None => Some(0.0),
        };
        Ok(Context {
            from: from.min(until),
            until: from.max(until),
            now: present,
            unit,
            max_points: self.max_points()?,
            xff: xff.ok_or_else(|| Failure::wrong("xFilesFactor: it is a number from 0 to 1"))?,
        })
    }

    /// Returns the zone of days and hours: UTC, unless another one is given.
    pub(crate) fn zone(&self) -> Result<TimeZone, Failure> {
        let Some(name) = self.text("tz").filter(|name| !name.is_empty()) else {
            return Ok(TimeZone::UTC);
        };
        let unknown = |_| Failure::wrong(format!("tz: there is no zone '{}'", shown(name)));
        TimeZone::get(name).map_err(unknown)
    }

    /// Returns the maximum number of points.
    fn max_points(&self) -> Result<Option<usize>, Failure> {
        match self.number("maxDataPoints")? {
            Some(0) => Err(Failure::wrong("maxDataPoints: it is at least 1")),
            number => Ok(number),
        }
    }

    fn time(&self, name: &str, now: &Zoned) -> Result<Option<i64>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let wrong =
            |error| Failure::wrong(format!("{name}: '{}' is not a time: {error}", shown(text)));
        time_at(text, now).map(Some).map_err(wrong)
    }
}
