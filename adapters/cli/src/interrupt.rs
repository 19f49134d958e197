//! Ctrl-C, and being told to end: what was begun is tidied up as after any failure.

use async_signal::{Signal, Signals};
use smol::future::or;
use smol::stream::StreamExt;

use crate::failure::Failure;

/// Does the work unless it is interrupted first; then the work is dropped where it waits.
pub(crate) async fn unless_interrupted<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let signals = Signals::new([Signal::Int, Signal::Term]);
    let mut signals = signals
        .map_err(|error| Failure::failed(format_args!("cannot wait for signals: {error}")))?;
    let interrupted = async {
        signals.next().await;
        Err(Failure::Interrupted("interrupted".to_owned()))
    };
    or(interrupted, work).await
}
