//! Reading the series of a path.

use std::ops::ControlFlow::{Break, Continue};

use metric_proto::{LONGEST_KEY, Sample, Summary};
use metric_query::{Next, Search};

use crate::out::aggregation::{Aggregation, Bucket};
use crate::out::failure::Failure;
use crate::out::functions::Intervals;
use crate::out::grid::{Cursor, Slots};
use crate::out::name::Name;
use crate::out::query::{Context, Host, Running};
use crate::out::samples::{Kept, Source};
use crate::out::selector::Selector;
use crate::out::series::{Series, Times};
use crate::out::step::{newest, step};
use crate::out::tagged::tags;
use crate::out::window::{Window, timestamps};

/// In which form series are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Want {
    pub(crate) shape: Shape,
    /// How samples become one that fall together, if the target says so.
    pub(crate) consolidation: Option<Aggregation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// At even times, for functions. Samples that fall together become one in this way.
    Even(Aggregation),
    /// As the samples are, or at even times if they are too many.
    Shown,
    /// All samples of an interval as one.
    Summarized(Intervals),
}

impl Default for Shape {
    fn default() -> Self {
        Self::Even(Aggregation::Average)
    }
}

impl Want {
    /// Returns a bucket for samples that fall together.
    fn bucket(self) -> Bucket {
        let by = match self.shape {
            Shape::Even(by) => by,
            Shape::Shown | Shape::Summarized(_) => Aggregation::Average,
        };
        Bucket::new(self.consolidation.unwrap_or(by))
    }
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
    let mut kept = Kept::default();
    for (key, summary) in &found {
        let source = kept.read(query, (key, summary), &window).await?;
        let (times, values) = match want.shape {
            Shape::Shown => shown(query, source, (&window, want)).await?,
            Shape::Even(_) => even(query, source, (&window, want)).await?,
            Shape::Summarized(intervals) => {
                summarized(query, source, (&window, intervals, context.xff)).await?
            }
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
    kept.end(query);
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

/// Reads a series at even times.
async fn even<H: Host>(
    query: &mut Running<H>,
    source: Source<'_>,
    (window, want): (&Window, Want),
) -> Result<(Times, Vec<f64>), Failure> {
    let step = step(query, source, window).await?;
    let slots = Slots::beginning_in(window.from(step), window.until, step);
    if slots.count > window.most {
        return few(query, source, (window, want), (step, window.most)).await;
    }
    fill(query, source, window, (slots, want.bucket(), 1)).await
}

/// Reads a series at even times, of a multiple of its step, so that they are not too many.
async fn few<H: Host>(
    query: &mut Running<H>,
    source: Source<'_>,
    (window, want): (&Window, Want),
    (step, most): (i64, usize),
) -> Result<(Times, Vec<f64>), Failure> {
    let slots = Slots::covering(window.from(step), window.until, step, most);
    let room = usize::try_from(slots.steps.step / step).unwrap_or(1);
    fill(query, source, window, (slots, want.bucket(), room)).await
}

/// Reads all samples of each interval as one. The intervals are those of the steps that functions get;
/// they begin earlier if there are samples before the first step that begins in the window.
async fn summarized<H: Host>(
    query: &mut Running<H>,
    source: Source<'_>,
    (window, intervals, xff): (&Window, Intervals, f64),
) -> Result<(Times, Vec<f64>), Failure> {
    let step = step(query, source, window).await?;
    let Slots { steps, count } = Slots::beginning_in(window.from(step), window.until, step);
    let before = Window { until: window.until.min(steps.start - 1), ..*window };
    let earlier = newest(query, source, (&before, 1)).await?;
    let start = if earlier.is_empty() { steps.start } else { window.from(1) + 1 };
    let slots = intervals.slots(start, steps.at(count));
    fill(query, source, window, (slots, intervals.bucket(step, xff), 1)).await
}

/// Reads a series as it is; at even times, if it has too many samples.
async fn shown<H: Host>(
    query: &mut Running<H>,
    source: Source<'_>,
    (window, want): (&Window, Want),
) -> Result<(Times, Vec<f64>), Failure> {
    if let Some(own) = own(query, source, (window, want)).await? {
        return Ok(own);
    }
    let step = step(query, source, window).await?;
    let most = window.max_points.unwrap_or(window.most);
    few(query, source, (window, want), (step, most)).await
}

/// Reads the samples of a series, unless there are too many. Those of one second become one.
async fn own<H: Host>(
    query: &mut Running<H>,
    source: Source<'_>,
    (window, want): (&Window, Want),
) -> Result<Option<(Times, Vec<f64>)>, Failure> {
    let most = window.max_points.unwrap_or(usize::MAX);
    let (mut times, mut values, mark) = (Vec::new(), Vec::new(), query.held.bytes());
    let mut bucket = want.bucket();
    let mut samples = source.samples(window);
    while samples.has_more() && times.len() <= most {
        let before = times.len();
        samples
            .read(query, |samples| {
                for sample in samples {
                    let second = window.second(*sample);
                    if times.last() != Some(&second) {
                        // Of all seconds but the first one, the values of the one before are complete.
                        values.extend((!times.is_empty()).then(|| bucket.finish(1)));
                        times.push(second);
                    }
                    bucket.push(sample.value());
                }
            })
            .await?;
        // The time of a sample is as large as its value.
        query.held.take(2 * size_of::<f64>() * (times.len() - before))?;
    }
    if times.len() > most {
        query.held.shrink(mark);
        return Ok(None);
    }
    values.extend((!times.is_empty()).then(|| bucket.finish(1)));
    Ok(Some((Times::Own(times), values)))
}

/// Reads the samples of a series into slots.
async fn fill<H: Host>(
    query: &mut Running<H>,
    source: Source<'_>,
    window: &Window,
    (slots, bucket, room): (Slots, Bucket, usize),
) -> Result<(Times, Vec<f64>), Failure> {
    let values = query.nulls(slots.count).await?;
    let mut filled = Filled::new(values, slots, bucket, room);
    let mut samples = source.samples(window);
    while samples.has_more() {
        samples.read(query, |samples| filled.take(samples, window)).await?;
    }
    Ok((Times::Even(slots.steps), filled.finish()))
}

/// Slots that are filled with values. It has no type parameters and is not inlined, so that what each sample
/// takes is compiled for speed.
struct Filled {
    values: Vec<f64>,
    cursor: Cursor,
    at: Option<usize>,
    bucket: Bucket,
    room: usize,
}

impl Filled {
    fn new(values: Vec<f64>, slots: Slots, bucket: Bucket, room: usize) -> Self {
        Self { values, cursor: slots.cursor(), at: None, bucket, room }
    }

    #[inline(never)]
    fn take(&mut self, mut samples: &[Sample], window: &Window) {
        let is_itself = window.per_second == 1 && self.bucket.is_itself();
        while let Some((sample, rest)) = samples.split_first() {
            samples = rest;
            let Some(index) = self.cursor.index(window.second(*sample)) else { continue };
            if self.at != Some(index) {
                self.set();
                self.at = Some(index);
            }
            self.bucket.push(sample.value());
            if is_itself {
                samples = self.take_regular(*sample, (samples, index + 1));
            }
        }
    }

    /// Takes the samples behind one that are a step apart, each into a slot of its own. Leaves the last of
    /// them, whose slot may have others, and returns it with those that follow.
    fn take_regular<'a>(
        &mut self,
        mut before: Sample,
        (samples, slot): (&'a [Sample], usize),
    ) -> &'a [Sample] {
        let step = self.cursor.step();
        let mut is_next = |sample: &Sample| {
            let is_next = sample.timestamp().wrapping_sub(before.timestamp()) == step;
            before = *sample;
            is_next
        };
        let regular = samples.iter().position(|sample| !is_next(sample)).unwrap_or(samples.len());
        let (alone, rest) = samples.split_at(regular.saturating_sub(1));
        if !alone.is_empty() {
            self.set();
            self.at = None;
            let places = self.values.get_mut(slot..).unwrap_or_default();
            places.iter_mut().zip(alone).for_each(|(place, sample)| *place = sample.value());
        }
        rest
    }

    fn set(&mut self) {
        let value = self.bucket.finish(self.room);
        if let Some(place) = self.at.and_then(|at| self.values.get_mut(at)) {
            *place = value;
        }
    }

    fn finish(mut self) -> Vec<f64> {
        self.set();
        self.values
    }
}
