//! Reads samples over the native protocol.

use std::io;

use embedded_io_async::{Read, Write};
use metric_driver::client::Samples;
use metric_proto::{Key, Sample};
use metric_smol::{Client, client};
use smol::future::yield_now;

use super::pattern::{Pattern, selectors};
use crate::failure::Failure;

/// Samples read before the task yields, so that Ctrl-C is handled.
const TURN: usize = 1024;

/// Calls `take` with each sample of the matching series, series by series, oldest first.
///
/// The server sends all samples of each key, and all that it has if one of the patterns is a
/// prefix.
pub(super) async fn each_sample(
    client: &mut Client,
    patterns: &[Pattern],
    mut take: impl FnMut(Key<'_>, Sample) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let matches = |key: Key<'_>| patterns.iter().any(|pattern| pattern.matches(key.as_str()));
    for selector in selectors(patterns) {
        let samples = client.samples(selector).await?;
        let take = |key: Key<'_>, sample| if matches(key) { take(key, sample) } else { Ok(()) };
        pass_on::<_, Failure, _, _, _>(samples, take).await?;
    }
    Ok(())
}

/// Calls `take` with each sample of a reply.
pub(super) async fn pass_on<C, E, const IN: usize, const OUT: usize, const KEY: usize>(
    mut samples: Samples<'_, C, IN, OUT, KEY>,
    mut take: impl FnMut(Key<'_>, Sample) -> Result<(), Failure>,
) -> Result<(), E>
where
    C: Read<Error = io::Error> + Write,
    E: From<client::Error> + From<Failure>,
{
    let mut count = 0_usize;
    while let Some((key, sample)) = samples.next().await? {
        take(key, sample)?;
        count = count.wrapping_add(1);
        if count.is_multiple_of(TURN) {
            yield_now().await;
        }
    }
    Ok(())
}
