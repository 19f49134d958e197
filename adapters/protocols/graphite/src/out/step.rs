//! The step of a series: at which distance its samples usually are.

use metric_proto::Sample;

use crate::out::failure::Failure;
use crate::out::grid::{regular_step, usual_step};
use crate::out::query::{Host, Running};
use crate::out::samples::{Samples, Source};
use crate::out::window::Window;

/// So many samples tell their usual distance, at so many places besides the newest ones.
const SOME: usize = 65;
const PLACES: i64 = 16;

/// Returns the longest of the usual distances that samples have at some places of the window, so that no
/// part of it has steps that only some series have samples in. If there are too few samples in the
/// window, it is that of the newest ones of all.
pub(crate) async fn step<H: Host>(
    query: &mut Running<H>,
    source: Source<'_>,
    window: &Window,
) -> Result<i64, Failure> {
    let times = newest(query, source, (window, SOME)).await?;
    if times.len() <= 2 {
        let ever = Window { from: i64::MIN / 2, until: i64::MAX / 2, ..*window };
        return Ok(usual_step(&times_of(query, source.newest_ever(&ever, SOME), &ever).await?));
    }
    let mut step = usual_step(&times);
    let Some(until) = times.first().copied().filter(|_| times.len() == SOME) else {
        return Ok(step);
    };
    let part = (until - window.from(1)) / PLACES;
    for place in 0..PLACES {
        let earlier = Window { until: until - part * place, ..*window };
        let times = newest(query, source, (&earlier, SOME)).await?;
        step = step.max(regular_step(&times).unwrap_or(step));
    }
    Ok(step)
}

/// Returns the times of the newest samples of a window, so many at most.
pub(crate) async fn newest<H: Host>(
    query: &mut Running<H>,
    source: Source<'_>,
    (window, most): (&Window, usize),
) -> Result<Vec<i64>, Failure> {
    times_of(query, source.newest(window, most), window).await
}

async fn times_of<H: Host>(
    query: &mut Running<H>,
    mut samples: Samples<'_>,
    window: &Window,
) -> Result<Vec<i64>, Failure> {
    let mut times = Vec::with_capacity(SOME);
    while samples.has_more() {
        let second = |sample: &Sample| window.second(*sample);
        samples.read(query, |samples| times.extend(samples.iter().map(second))).await?;
    }
    Ok(times)
}
