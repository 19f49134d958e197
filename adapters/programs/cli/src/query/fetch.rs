//! Reads samples from a server, one at a time.

use metric_proto::{Key, Sample, Selector};
use metric_smol::Client;
use smol::future::yield_now;

use super::pattern::{Pattern, selectors};
use crate::failure::Failure;

/// Samples read before the task yields, so that Ctrl-C is handled.
const TURN: usize = 1024;

/// Calls `take` with each sample of the matching series, series by series, oldest first.
///
/// The server sends all samples of each key, and all that it has if one of the patterns is a
/// prefix. Only samples that `take` keeps use memory. An error of `take` stops the reading and
/// leaves the client unusable, since the rest of the reply is unread.
pub(crate) async fn each_sample(
    client: &mut Client,
    patterns: &[Pattern],
    mut take: impl FnMut(Key<'_>, Sample) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut count = 0_usize;
    for selector in selectors(patterns) {
        let named = selector != Selector::All;
        let mut samples = client.samples(selector).await?;
        while let Some((key, sample)) = samples.next().await? {
            if named || patterns.iter().any(|pattern| pattern.matches(key.as_str())) {
                take(key, sample)?;
            }
            count = count.wrapping_add(1);
            if count.is_multiple_of(TURN) {
                yield_now().await;
            }
        }
    }
    Ok(())
}
