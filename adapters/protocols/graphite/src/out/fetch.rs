//! Reading the series of a path.

use std::ops::ControlFlow::{Break, Continue};

use metric_proto::{Key, LONGEST_KEY, Query, Sample, Summary};
use metric_query::{Next, Search};

use crate::out::aggregation::{Aggregation, Bucket};
use crate::out::failure::Failure;
use crate::out::grid::{Slots, usual_step};
use crate::out::name::Name;
use crate::out::query::{Context, Host, Running};
use crate::out::samples::Samples;
use crate::out::selector::Selector;
use crate::out::series::{Series, Times};
use crate::out::tagged::tags;

/// In which form series are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Want {
    pub(crate) shape: Shape,
    /// How samples become one that fall together, if the target says so.
    pub(crate) consolidation: Option<Aggregation>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shape {
    /// At even times, for functions.
    #[default]
    Even,
    /// As the samples are, or at even times if they are too many.
    Shown,
}

/// Reads the series that a path selects, in the order of their keys.
pub(crate) async fn fetch<H: Host>(
    query: &mut Running<H>,
    selector: &Selector,
    path: &str,
    (context, want): (&Context, Want),
) -> Result<Vec<Series>, Failure> {
    let found = search(query, selector, context).await?;
    let window = Window::of(context, &found, query.values_of_each(found.len()));
    let path = Name::asked(path);
    let mut all = Vec::with_capacity(found.len());
    for (key, _) in &found {
        let (times, values) = match want.shape {
            Shape::Shown => shown(query, key, (&window, want)).await?,
            Shape::Even => even(query, key, (&window, want)).await?,
        };
        let series = Series {
            name: Name::from(&**key),
            path: path.clone(),
            tags: tags(key),
            times,
            values,
            consolidation: want.consolidation.unwrap_or(Aggregation::Average),
        };
        query.held.take(series.head())?;
        all.push(series);
    }
    Ok(all)
}

/// To find a series takes so many steps.
const LOOK: usize = 256;

/// What a series takes that is found, besides its key.
const FOUND: usize = size_of::<(String, Summary)>();

/// Returns the selected series that may have samples in the window.
async fn search<H: Host>(
    query: &mut Running<H>,
    selector: &Selector,
    context: &Context,
) -> Result<Vec<(String, Summary)>, Failure> {
    let mut search = Search::<_, LONGEST_KEY>::new(selector);
    let (mut found, most) = (Vec::new(), query.series_left());
    let (since, until) = timestamps(context.unit.per_second(), context.from, context.until);
    loop {
        let (held, mut is_held) = (&mut query.held, Ok(()));
        let next = search.run(query.host.store(), |key, summary| {
            if summary.last.timestamp() >= since && summary.first.timestamp() <= until {
                is_held = held.take(FOUND + key.as_str().len());
                found.push((key.as_str().to_owned(), summary));
            }
            if found.len() > most || is_held.is_err() { Break(()) } else { Continue(()) }
        });
        is_held?;
        match next {
            Next::Done => {
                // A search that finds none takes as long as one that finds one.
                let looks = found.len().max(1);
                query.take_series(looks)?;
                query.compute(looks * LOOK).await?;
                return Ok(found);
            }
            Next::More => query.host.turn().await?,
            Next::Wait => query.host.ready().await?,
            _ => return Err(Failure::Unavailable),
        }
    }
}

/// Returns the timestamps that lie after a second, up to the end of another one.
fn timestamps(per_second: i64, from: i64, until: i64) -> (i64, i64) {
    let first = |second: i64| second.saturating_add(1).saturating_mul(per_second);
    (first(from), first(until).saturating_sub(1))
}

/// The times that are read.
struct Window {
    from: i64,
    until: i64,
    /// The time of the oldest sample of all series.
    oldest: i64,
    per_second: i64,
    max_points: Option<usize>,
    /// The most values of a series for functions.
    most: usize,
}

impl Window {
    /// A window reaches no further than there are samples, or to the present.
    fn of(context: &Context, found: &[(String, Summary)], most: usize) -> Self {
        let per_second = context.unit.per_second();
        let second = |sample: Sample| sample.timestamp().div_euclid(per_second);
        let oldest = found.iter().map(|(_, summary)| second(summary.first)).min();
        let newest = found.iter().map(|(_, summary)| second(summary.last)).max();
        let newest = newest.unwrap_or(context.now).max(context.now);
        Self {
            from: context.from,
            until: context.until.min(newest),
            oldest: oldest.unwrap_or(context.from),
            per_second,
            max_points: context.max_points,
            most,
        }
    }

    /// Returns the time before the first one, for slots of a width.
    fn from(&self, step: i64) -> i64 {
        let oldest = self.oldest.div_euclid(step).saturating_mul(step);
        self.from.max(oldest.saturating_sub(1))
    }

    fn query<'a>(&self, key: &'a str, newest: usize) -> Option<Query<'a>> {
        let (since, until) = timestamps(self.per_second, self.from, self.until);
        let series = metric_proto::Series::Key(Key::new(key).ok()?);
        Some(Query { series, since, until, newest })
    }

    fn second(&self, sample: Sample) -> i64 {
        match self.per_second {
            1 => sample.timestamp(),
            per_second => sample.timestamp().div_euclid(per_second),
        }
    }
}

/// Reads a series at even times.
async fn even<H: Host>(
    query: &mut Running<H>,
    key: &str,
    (window, want): (&Window, Want),
) -> Result<(Times, Vec<f64>), Failure> {
    let step = step(query, key, window).await?;
    let slots = Slots::beginning_in(window.from(step), window.until, step);
    if slots.count > window.most {
        return few(query, key, (window, want), (step, window.most)).await;
    }
    let consolidation = want.consolidation.unwrap_or(Aggregation::Last);
    fill(query, key, window, (slots, Bucket::new(consolidation), 1)).await
}

/// Reads a series at even times, of a multiple of its step, so that they are not too many.
async fn few<H: Host>(
    query: &mut Running<H>,
    key: &str,
    (window, want): (&Window, Want),
    (step, most): (i64, usize),
) -> Result<(Times, Vec<f64>), Failure> {
    let slots = Slots::covering(window.from(step), window.until, step, most);
    let consolidation = want.consolidation.unwrap_or(Aggregation::Average);
    let room = usize::try_from(slots.steps.step / step).unwrap_or(1);
    fill(query, key, window, (slots, Bucket::new(consolidation), room)).await
}

/// Reads a series as it is; at even times, if it has too many samples.
async fn shown<H: Host>(
    query: &mut Running<H>,
    key: &str,
    (window, want): (&Window, Want),
) -> Result<(Times, Vec<f64>), Failure> {
    if let Some(own) = own(query, key, window).await? {
        return Ok(own);
    }
    let step = step(query, key, window).await?;
    let most = window.max_points.unwrap_or(window.most);
    few(query, key, (window, want), (step, most)).await
}

/// Reads the samples of a series, unless there are too many.
async fn own<H: Host>(
    query: &mut Running<H>,
    key: &str,
    window: &Window,
) -> Result<Option<(Times, Vec<f64>)>, Failure> {
    let most = window.max_points.unwrap_or(usize::MAX);
    let (mut times, mut values, mark) = (Vec::new(), Vec::new(), query.held.bytes());
    let mut samples = Samples::new(window.query(key, usize::MAX));
    while samples.has_more() && times.len() <= most {
        let before = times.len();
        samples
            .read(query, |sample| {
                let second = window.second(sample);
                if times.last() == Some(&second) {
                    values.pop();
                    times.pop();
                }
                times.push(second);
                values.push(sample.value());
            })
            .await?;
        // The time of a sample is as large as its value.
        query.held.take(2 * size_of::<f64>() * (times.len() - before))?;
    }
    if times.len() > most {
        query.held.shrink(mark);
        return Ok(None);
    }
    Ok(Some((Times::Own(times), values)))
}

/// Reads the samples of a series into slots.
async fn fill<H: Host>(
    query: &mut Running<H>,
    key: &str,
    window: &Window,
    (slots, mut bucket, room): (Slots, Bucket, usize),
) -> Result<(Times, Vec<f64>), Failure> {
    let mut values = query.nulls(slots.count).await?;
    let (mut cursor, mut at) = (slots.cursor(), None);
    // Mostly it is, and needs no bucket.
    let is_last = bucket.is_last();
    let mut samples = Samples::new(window.query(key, usize::MAX));
    while samples.has_more() {
        samples
            .read(query, |sample| {
                let Some(index) = cursor.index(window.second(sample)) else { return };
                if is_last {
                    return set(&mut values, Some(index), sample.value());
                }
                if at != Some(index) {
                    set(&mut values, at, bucket.finish(room));
                    at = Some(index);
                }
                bucket.push(sample.value());
            })
            .await?;
    }
    set(&mut values, at, bucket.finish(room));
    Ok((Times::Even(slots.steps), values))
}

fn set(values: &mut [f64], at: Option<usize>, value: f64) {
    if let Some(place) = at.and_then(|at| values.get_mut(at)) {
        *place = value;
    }
}

/// Returns the usual distance of the newest samples in the window, or of all.
async fn step<H: Host>(query: &mut Running<H>, key: &str, window: &Window) -> Result<i64, Failure> {
    const NEWEST: usize = 65;
    let mut times = Vec::with_capacity(NEWEST);
    let ever = Window { from: i64::MIN / 2, until: i64::MAX / 2, ..*window };
    for window in [window, &ever] {
        times.clear();
        let mut samples = Samples::new(window.query(key, NEWEST));
        while samples.has_more() {
            samples.read(query, |sample| times.push(window.second(sample))).await?;
        }
        if times.len() > 2 {
            break;
        }
    }
    Ok(usual_step(&times))
}
