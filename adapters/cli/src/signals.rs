//! Ctrl-C, and being told to end: what was begun is tidied up as after any failure.

use std::time::Duration;
use std::{fs, io, thread};

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
/// terminal that takes nothing, or for whoever is to read its output.
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
    let ending = interrupting();
    kill_late(&ending)?;
    let signals = Signals::new(&ending)?;
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
