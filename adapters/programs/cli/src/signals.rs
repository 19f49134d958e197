//! Signals that end a command. The command cleans up as after any other failure.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::{fs, io};

pub(crate) use async_signal::Signal;
use signal_hook::flag;
use smol::future::or;
use smol::stream::StreamExt;

use crate::failure::Failure;

/// The signals that ask a program to end.
pub(crate) const ENDING: [Signal; 2] = [Signal::Int, Signal::Term];

/// A set of signals to wait for.
pub(crate) struct Signals(async_signal::Signals);

impl Signals {
    /// Catches the signals, so that they no longer kill the process.
    pub(crate) fn new(signals: &[Signal]) -> Result<Self, Failure> {
        async_signal::Signals::new(signals).map(Self).map_err(cannot_wait)
    }

    /// Catches the first signal and lets the second kill the process, which may be blocked on a
    /// stopped terminal or on a reader of its output that does not read.
    pub(crate) fn ending(signals: &[Signal]) -> Result<Self, Failure> {
        kill_at_the_second(signals).map_err(cannot_wait)?;
        Self::new(signals)
    }

    /// Waits for the next signal. Returns `None` if waiting failed, after which it fails for good.
    pub(crate) async fn next(&self) -> Option<Signal> {
        (&self.0).next().await?.ok()
    }
}

fn cannot_wait(error: io::Error) -> Failure {
    Failure::failed(format_args!("cannot wait for signals: {error}"))
}

fn kill_at_the_second(signals: &[Signal]) -> io::Result<()> {
    let is_second = Arc::new(AtomicBool::new(false));
    // Handlers run in the order of registration.
    for &signal in signals {
        flag::register_conditional_default(signal as i32, is_second.clone())?;
        flag::register(signal as i32, is_second.clone())?;
    }
    Ok(())
}

/// Runs `work` until it ends or a signal arrives, which drops it at its next await.
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

/// Returns the signals that interrupt a command: SIGINT, SIGTERM, and SIGHUP and SIGQUIT, which a
/// terminal sends when it is closed or gets `Ctrl-\`.
///
/// SIGHUP and SIGQUIT are left out if the program was started to ignore them, as by `nohup`, and
/// where the system does not tell.
fn interrupting() -> Vec<Signal> {
    let ignored = ignored();
    let is_default = |&signal: &Signal| ignored.is_some_and(|bits| !contains(bits, signal));
    ENDING.into_iter().chain([Signal::Hup, Signal::Quit].into_iter().filter(is_default)).collect()
}

/// Returns whether the program was started to ignore a signal. Returns `false` where the system does
/// not tell.
pub(crate) fn is_ignored(signal: Signal) -> bool {
    ignored().is_some_and(|bits| contains(bits, signal))
}

fn contains(bits: u64, signal: Signal) -> bool {
    bits >> (signal as u32 - 1) & 1 == 1
}

/// Returns the signals that this process ignores as a bit set, if the system tells. Signal 1 is
/// the lowest bit.
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
    fn each_signal_is_returned_once() {
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
