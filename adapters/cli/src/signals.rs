//! Ctrl-C, and being told to end: what was begun is tidied up as after any failure.

use async_signal::Signal;
use smol::future::or;
use smol::stream::StreamExt;

use crate::failure::Failure;

/// SIGINT and SIGTERM.
pub(crate) struct Signals(async_signal::Signals);

impl Signals {
    /// From here on they do not kill the process.
    pub(crate) fn new() -> Result<Self, Failure> {
        let signals = async_signal::Signals::new([Signal::Int, Signal::Term]);
        signals
            .map(Self)
            .map_err(|error| Failure::failed(format_args!("cannot wait for signals: {error}")))
    }

    /// Waits for one.
    pub(crate) async fn next(&self) {
        // Signals that cannot be waited for are not worth going on for.
        let _ = (&self.0).next().await;
    }
}

/// Does the work unless it is interrupted first; then the work is dropped where it waits.
pub(crate) async fn unless_interrupted<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let signals = Signals::new()?;
    let interrupted = async {
        signals.next().await;
        Err(Failure::Interrupted("interrupted".to_owned()))
    };
    or(interrupted, work).await
}

#[cfg(test)]
mod tests {
    use rustix::process::{Signal, getpid, kill_process};
    use smol::future::{block_on, poll_once};

    use super::*;

    #[test]
    fn each_signal_is_waited_for_once() {
        let signals = Signals::new().unwrap();
        block_on(async {
            assert_eq!(poll_once(signals.next()).await, None);
            for signal in [Signal::TERM, Signal::INT] {
                kill_process(getpid(), signal).unwrap();
                signals.next().await;
            }
            assert_eq!(poll_once(signals.next()).await, None);
        });
    }
}
