//! Reads samples over the HTTP API.

use metric_proto::{Key, Sample, Selector};

use super::glob::glob;
use super::native::pass_on;
use super::pattern::{Pattern, selectors};
use super::window::Bounds;
use crate::failure::Failure;
use crate::http::{Connection, Stopped, Target, keys, lines};

/// Series of a page.
const PAGE: usize = 1_000;

/// Calls `take` with each sample of the matching series that the bounds select, in the order of the
/// native protocol.
pub(super) async fn each_sample(
    connection: &mut Connection,
    patterns: &[Pattern],
    bounds: &Bounds,
    mut take: impl FnMut(Key<'_>, Sample) -> Result<(), Failure>,
) -> Result<(), Stopped> {
    for selector in selectors(patterns) {
        if bounds.is_newest() {
            newest(connection, &target("/v1/keys", selector, patterns), &mut take).await?;
        } else {
            let target = target("/v1/range", selector, patterns)
                .with_some("from", bounds.since)
                .with_some("until", bounds.until)
                .with_some("newest", bounds.last)
                .with("format", "lines");
            let mut lines = lines(connection, &target).await?;
            let samples = lines.samples(Selector::All).await?;
            pass_on::<_, Stopped, _, _, _>(samples, &mut take).await?;
        }
    }
    Ok(())
}

/// Calls `take` with the newest sample of each series. Pages have no bound on their number, and a
/// server reads no sample for them.
async fn newest(
    connection: &mut Connection,
    target: &Target,
    take: &mut impl FnMut(Key<'_>, Sample) -> Result<(), Failure>,
) -> Result<(), Stopped> {
    let mut page = target.clone().with_some("limit", Some(PAGE));
    while let Some(next) = keys(connection, &page, |key, [_, newest]| take(key, newest)).await? {
        page = target.clone().with_some("limit", Some(PAGE)).with("after", &next);
    }
    Ok(())
}

/// Returns the oldest timestamp of the first matching series.
pub(super) async fn oldest(
    connection: &mut Connection,
    patterns: &[Pattern],
) -> Result<Option<i64>, Stopped> {
    let mut oldest = None;
    for selector in selectors(patterns) {
        let target = target("/v1/keys", selector, patterns).with("limit", "1");
        let take = |_: Key<'_>, [first, _]: [Sample; 2]| {
            oldest = Some(first.timestamp());
            Ok(())
        };
        keys(connection, &target, take).await?;
        if oldest.is_some() {
            break;
        }
    }
    Ok(oldest)
}

/// Returns the target for the series of a request of the native protocol that match.
fn target(path: &str, selector: Selector<'_>, patterns: &[Pattern]) -> Target {
    let target = Target::new(path);
    let with = |target: Target, pattern: &Pattern| match pattern {
        Pattern::Key(key) => target.with("key", key),
        Pattern::Prefix(_) => target.with("match", &glob(pattern)),
    };
    match selector {
        Selector::Key(key) => target.with("key", key.as_str()),
        _ => patterns.iter().fold(target, with),
    }
}
