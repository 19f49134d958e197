//! Ctrl-C, and being told to end: what was begun is tidied up as after any failure.

use std::io;
use std::thread;
use std::time::Duration;

pub(crate) use async_signal::Signal;
use crossterm::terminal::disable_raw_mode;
use signal_hook::iterator;
use signal_hook::low_level::emulate_default_handler;
use smol::future::or;
use smol::stream::StreamExt;

use crate::failure::Failure;

/// What asks a program to end.
pub(crate) const ENDING: [Signal; 2] = [Signal::Int, Signal::Term];

pub(crate) struct Signals(async_signal::Signals);

impl Signals {
    /// From here on they do not kill the process.
    pub(crate) fn new(signals: &[Signal]) -> Result<Self, Failure> {
        let signals = async_signal::Signals::new(signals);
        signals
            .map(Self)
            .map_err(|error| Failure::failed(format_args!("cannot wait for signals: {error}")))
    }

    /// Waits for one. `None` is that they cannot be waited for: then there is no going on.
    pub(crate) async fn next(&self) -> Option<Signal> {
        (&self.0).next().await?.ok()
    }
}

/// From here on they kill the process if it has not ended a second later: it may be waiting for a
/// terminal that takes nothing.
pub(crate) fn kill_late(signals: &[Signal]) -> io::Result<()> {
    let mut signals = iterator::Signals::new(signals.iter().map(|&signal| signal as i32))?;
    let kill = move || {
        for signal in signals.forever() {
            thread::sleep(Duration::from_secs(1));
            let _ = disable_raw_mode();
            let _ = emulate_default_handler(signal);
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(kill)?;
    Ok(())
}

/// Does the work unless it is interrupted first; then the work is dropped where it waits.
pub(crate) async fn unless_interrupted<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let signals = Signals::new(&ENDING)?;
    let interrupted = async {
        signals.next().await;
        Err(Failure::Interrupted("interrupted".to_owned()))
    };
    or(interrupted, work).await
}

#[cfg(test)]
mod tests {
    use rustix::process::{self, getpid, kill_process};
    use smol::future::{block_on, poll_once};

    use super::*;

    #[test]
    fn each_signal_is_waited_for_once() {
        let signals = Signals::new(&ENDING).unwrap();
        block_on(async {
            assert_eq!(poll_once(signals.next()).await, None);
            let both = [(process::Signal::TERM, Signal::Term), (process::Signal::INT, Signal::Int)];
            for (sent, expected) in both {
                kill_process(getpid(), sent).unwrap();
                assert_eq!(signals.next().await, Some(expected));
            }
            assert_eq!(poll_once(signals.next()).await, None);
        });
    }
}
