//! Ctrl-C, and being told to end: what was begun is tidied up as after any failure.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::{fs, io};

pub(crate) use async_signal::Signal;
use signal_hook::flag;
use smol::future::or;
use smol::stream::StreamExt;

use crate::failure::Failure;

/// What asks a program to end.
pub(crate) const ENDING: [Signal; 2] = [Signal::Int, Signal::Term];

pub(crate) struct Signals(async_signal::Signals);

impl Signals {
    /// From here on they do not kill the process.
    pub(crate) fn new(signals: &[Signal]) -> Result<Self, Failure> {
        async_signal::Signals::new(signals).map(Self).map_err(cannot_wait)
    }

    /// From here on the first of them does not kill the process, and the second does: it may be
    /// waiting for a terminal that takes nothing, or for whoever is to read its output.
    pub(crate) fn ending(signals: &[Signal]) -> Result<Self, Failure> {
        kill_at_the_second(signals).map_err(cannot_wait)?;
        Self::new(signals)
    }

    /// Waits for one. `None` is that they cannot be waited for: then there is no going on.
    pub(crate) async fn next(&self) -> Option<Signal> {
        (&self.0).next().await?.ok()
    }
}

fn cannot_wait(error: io::Error) -> Failure {
    Failure::failed(format_args!("cannot wait for signals: {error}"))
}

fn kill_at_the_second(signals: &[Signal]) -> io::Result<()> {
    let is_second = Arc::new(AtomicBool::new(false));
    // What is registered first is done first.
    for &signal in signals {
        flag::register_conditional_default(signal as i32, is_second.clone())?;
        flag::register(signal as i32, is_second.clone())?;
    }
    Ok(())
}

/// Does the work unless it is interrupted first; then the work is dropped where it waits.
pub(crate) async fn unless_interrupted<T>(
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let signals = Signals::ending(&interrupting())?;
    let interrupted = async {
        signals.next().await;
        Err(Failure::Interrupted("interrupted".to_owned()))
    };
    or(interrupted, work).await
}

/// What asks a program to end, and what a terminal sends when it is closed or gets `Ctrl-\`.
///
/// The latter are left alone if the program was started to ignore them, as by `nohup`, and where
/// that cannot be known.
fn interrupting() -> Vec<Signal> {
    let ignored = ignored();
    let is_heeded =
        |signal: &Signal| ignored.is_some_and(|bits| bits >> (*signal as u32 - 1) & 1 == 0);
    ENDING.into_iter().chain([Signal::Hup, Signal::Quit].into_iter().filter(is_heeded)).collect()
}

/// The signals that this process ignores, a bit for each from 1, if the system tells.
fn ignored() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let bits = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(bits.trim(), 16).ok()
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
