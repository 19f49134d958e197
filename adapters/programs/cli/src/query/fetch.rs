//! Samples from a server, one at a time.

use metric_proto::{Key, Sample, Selector};
use metric_smol::Client;
use smol::future::yield_now;

use super::pattern::{Pattern, selectors};
use crate::failure::Failure;

/// So many samples are read before others have a turn, such as Ctrl-C.
const TURN: usize = 1024;

/// Hands each sample of the series that match to `take`, series by series, oldest first.
///
/// The server sends all samples of each key, and all it has if a pattern is not just a key. Memory
/// is what `take` keeps; its error ends the reading and leaves the client out of step.
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
