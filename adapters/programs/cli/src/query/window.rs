//! Selects samples of a series by time and by number.

use std::collections::VecDeque;
use std::mem;

use clap::Args;
use jiff::Zoned;
use metric_proto::{Key, Sample};

use super::access::Access;
use super::pattern::Pattern;

use crate::failure::Failure;
use crate::number::whole;
use crate::time::{self, Moment, Unit};

/// The options that select a range of time, both ends included, and a number of samples.
#[derive(Args, Clone, Debug)]
pub(crate) struct Window {
    /// Only samples at or after this time; a date is 00:00 of that day
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = time::read)]
    since: Option<Moment>,

    /// Only samples at or before this time; a date is 00:00 of that day: to
    /// include a day, name the next
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = time::read)]
    until: Option<Moment>,

    /// Only the newest N of these samples in each series
    #[arg(long, value_name = "N", value_parser = whole(1..=usize::MAX))]
    last: Option<usize>,
}

/// The help text for `TIME`.
pub(crate) const TIMES: &str = "\
TIME is a duration before now (90s, 2h, 1d12h), a date, a date with a time, a time of today, or a \
number as stored. A time is local unless it has a zone, such as Z, +01:00 or [Europe/Berlin]. If \
clocks were changed then, so that it was twice or never, --since takes the earlier and --until the \
later time that it may mean. A number counts the server's unit since 1970, as --unit explains.";

impl Window {
    /// Checks the options together, which clap does not do.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] if `since` is after `until`.
    pub(crate) fn check(&self, unit: Unit) -> Result<(), Failure> {
        match self.bounds(unit) {
            Bounds { since: Some(since), until: Some(until), .. } if since > until => {
                Err(Failure::Usage("--since is after --until; see --help".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Returns whether the range begins some time before now.
    pub(crate) const fn is_relative(&self) -> bool {
        matches!(self.since, Some(Moment::Ago(_)))
    }

    /// Returns the timestamps that the options mean now. Call it at each reading, since durations
    /// count from now.
    pub(crate) fn bounds(&self, unit: Unit) -> Bounds {
        let Self { since, until, last } = *self;
        let now = Zoned::now();
        let is_time = |moment: Moment| !matches!(moment, Moment::Number(_));
        let by_time = [since, until].into_iter().flatten().any(is_time);
        // A local time may have been twice. The range holds both, so that no sample is missed.
        let since = since.map(|time| time.nearest_timestamps(unit, &now)[0]);
        let until = until.map(|time| time.nearest_timestamps(unit, &now)[1]);
        Bounds { since, until, last, unit, by_time }
    }
}

/// A range of timestamps, both ends included, and a number of samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) since: Option<i64>,
    pub(crate) until: Option<i64>,
    pub(super) last: Option<usize>,
    unit: Unit,
    /// Whether an end is a time, and not a number, so that a wrong unit selects wrongly.
    pub(crate) by_time: bool,
}

/// What was not found, and what looks wrong.
#[derive(Debug)]
pub(crate) struct Findings<'p> {
    /// The patterns for which there was no sample.
    pub(crate) missing: Vec<&'p Pattern>,
    /// Whether there was no sample at all.
    pub(crate) nothing: bool,
    /// A hint if the first sample of the server seems to count another unit.
    pub(crate) doubt: Option<String>,
    /// Why the server did not select, so that it sent more.
    pub(crate) refusal: Option<String>,
}

impl Findings<'_> {
    /// # Errors
    ///
    /// [`Failure::Failed`] if there was no sample for one of the patterns.
    pub(crate) fn check(&self, bounds: &Bounds) -> Result<(), Failure> {
        let missing: Vec<_> =
            self.missing.iter().map(|key| format!("{:?}", key.to_string())).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let (missing, when) = (missing.join(", "), bounds.when());
        Err(Failure::failed(format_args!("no samples of {missing}{when}")))
    }
}

impl Bounds {
    /// Returns the bounds that select the newest sample of each series.
    pub(crate) const fn newest(unit: Unit) -> Self {
        Self { since: None, until: None, last: Some(1), unit, by_time: false }
    }

    /// Returns the bounds that select the newest samples of each series.
    pub(crate) const fn newest_of(unit: Unit, last: usize) -> Self {
        Self { last: Some(last), ..Self::newest(unit) }
    }

    /// Returns whether they leave anything out.
    pub(super) fn narrows(&self) -> bool {
        self.is_bounded() || self.last.is_some()
    }

    /// Returns whether they select the newest sample of each series.
    pub(super) fn is_newest(&self) -> bool {
        !self.is_bounded() && self.last == Some(1)
    }

    /// Returns whether the range of time has an end.
    pub(crate) fn is_bounded(&self) -> bool {
        self.since.or(self.until).is_some()
    }

    /// Returns what follows "no samples" in a message.
    pub(crate) fn when(&self) -> &'static str {
        if self.is_bounded() { " in that time" } else { "" }
    }

    fn holds(&self, timestamp: i64) -> bool {
        self.since.is_none_or(|since| since <= timestamp)
            && self.until.is_none_or(|until| timestamp <= until)
    }

    /// Calls `take` with each selected sample, as [`Access::each_sample`] does.
    pub(crate) async fn each_sample<'p>(
        &self,
        access: &mut Access<'_>,
        patterns: &'p [Pattern],
        take: impl FnMut(Key<'_>, Sample) -> Result<(), Failure>,
    ) -> Result<Findings<'p>, Failure> {
        let mut choice = Choice {
            bounds: self,
            missing: patterns.iter().collect(),
            key: String::new(),
            last: VecDeque::new(),
            take,
        };
        let mut first = access.oldest(patterns).await?;
        let add = |key: Key<'_>, sample: Sample| {
            first.get_or_insert(sample.timestamp());
            choice.add(key, sample)
        };
        access.each_sample(patterns, self, add).await?;
        choice.pass_on()?;
        let doubt = first.and_then(|timestamp| self.unit.doubt(timestamp));
        let (nothing, refusal) = (choice.key.is_empty(), access.refusal.clone());
        Ok(Findings { missing: choice.missing, nothing, doubt, refusal })
    }
}

/// Selects samples of one series after the other.
struct Choice<'b, 'p, T> {
    bounds: &'b Bounds,
    /// The patterns for which no sample was found so far.
    missing: Vec<&'p Pattern>,
    /// The key of the series being read; empty before the first.
    key: String,
    /// The newest samples so far, held back until the series ends.
    last: VecDeque<Sample>,
    take: T,
}

impl<T: FnMut(Key<'_>, Sample) -> Result<(), Failure>> Choice<'_, '_, T> {
    fn add(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Failure> {
        if !self.bounds.holds(sample.timestamp()) {
            return Ok(());
        }
        if key.as_str() != self.key {
            self.begin(key)?;
        }
        let Some(last) = self.bounds.last else { return (self.take)(key, sample) };
        if self.last.len() >= last {
            self.last.pop_front();
        }
        self.last.push_back(sample);
        Ok(())
    }

    fn begin(&mut self, key: Key<'_>) -> Result<(), Failure> {
        self.pass_on()?;
        key.as_str().clone_into(&mut self.key);
        self.missing.retain(|pattern| !pattern.matches(key.as_str()));
        Ok(())
    }

    fn pass_on(&mut self) -> Result<(), Failure> {
        let samples = mem::take(&mut self.last);
        let Ok(key) = Key::new(&self.key) else { return Ok(()) };
        samples.into_iter().try_for_each(|sample| (self.take)(key, sample))
    }
}
