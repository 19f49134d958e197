//! The signals that a server handles.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::{fs, io, process, thread};

use metric_tcp::ServerHandle;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGXFSZ};
use signal_hook::flag;
use signal_hook::iterator::Signals;

use crate::run::Event;

/// Handles signals on a thread that waits for nothing else, not even for the log.
pub(crate) fn act_on_signals(handle: ServerHandle, sender: Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new(acted_on())?;
    let act = move || {
        let mut stopping = false;
        for signal in signals.forever() {
            let event = match signal {
                SIGUSR1 => Event::Asked,
                // A closing terminal sends it more than once.
                SIGHUP if stopping => continue,
                _ if stopping => process::exit(1),
                _ => Event::Stopping,
            };
            stopping |= matches!(event, Event::Stopping);
            // First, so that it is told before the end, which may come at once.
            let _ = sender.send(event);
            if stopping {
                handle.stop();
            }
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(act)?;
    Ok(())
}

/// Lets a write that would pass the limit of file sizes fail, instead of ending the process.
pub(crate) fn outlive_file_size_limit() -> io::Result<()> {
    flag::register(SIGXFSZ, Arc::default()).map(|_| ())
}

fn acted_on() -> impl Iterator<Item = i32> {
    let hang_up = (!is_ignored(SIGHUP)).then_some(SIGHUP);
    [SIGINT, SIGTERM, SIGUSR1].into_iter().chain(hang_up)
}

/// Whether the signal was ignored when this process started, as under nohup. Known on Linux only.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (signal - 1) & 1 == 1
}
