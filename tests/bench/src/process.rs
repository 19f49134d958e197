//! A process's CPU time and memory, from proc(5).

use std::fs;
use std::time::Duration;

/// A process on this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process(pub(crate) u32);

/// Measures the CPU time that a process uses from now on.
#[derive(Debug)]
pub(crate) struct Clock {
    pub(crate) process: Process,
    before: Duration,
}

impl Clock {
    pub(crate) fn used(&self) -> Result<Duration, String> {
        Ok(self.process.cpu()?.saturating_sub(self.before))
    }
}

impl Process {
    pub(crate) fn clock(self) -> Result<Clock, String> {
        Ok(Clock { process: self, before: self.cpu()? })
    }

    /// Returns the CPU time used so far.
    fn cpu(self) -> Result<Duration, String> {
        let counted = || self.read("stat").and_then(|stat| ticks(&stat)).map(|ticks| TICK * ticks);
        self.exact_cpu().or_else(counted).ok_or_else(|| self.unknown())
    }

    /// Returns the resident memory in bytes.
    pub(crate) fn memory(self) -> Result<u64, String> {
        let memory = self.read("status").and_then(|status| memory(&status));
        memory.ok_or_else(|| self.unknown())
    }

    /// Sums the threads' times in nanoseconds; `None` if the kernel was built without schedstat.
    fn exact_cpu(self) -> Option<Duration> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.0)).ok()?.flatten();
        let times =
            threads.filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok());
        let times = times.filter_map(|times| times.split(' ').next()?.parse::<u64>().ok());
        Some(times.sum()).filter(|&time| time > 0).map(Duration::from_nanos)
    }

    fn read(self, file: &str) -> Option<String> {
        fs::read_to_string(format!("/proc/{}/{file}", self.0)).ok()
    }

    fn unknown(self) -> String {
        format!("process {} not found in /proc; --pid is for a server on this machine", self.0)
    }
}

/// Parses the ticks in user and in system mode: the 12th and 13th field after the name, which may
/// contain spaces.
fn ticks(stat: &str) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map_while(|field| field.parse().ok());
    Some(times.next().unwrap_or(0) + times.next()?)
}

fn memory(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

/// The unit of these times, which Linux fixes for all programs.
const TICK: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_times_are_found_behind_any_name() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 156 0 0 0 13 29 0 0 20 0 1 0 8 9 10\n";
        assert_eq!(ticks(stat), Some(42));
        assert_eq!(ticks("7 (a) S 1"), None);
    }

    #[test]
    fn this_process_has_used_time_and_memory() {
        let this = Process(std::process::id());
        assert!(this.cpu().unwrap() > Duration::ZERO);
        assert!(this.memory().unwrap() > 0);
    }

    #[test]
    fn memory_is_in_bytes() {
        assert_eq!(memory("Name:\ta\nVmRSS:\t    12 kB\nThreads:\t1\n"), Some(12 * 1024));
        assert_eq!(memory("Name:\ta\n"), None);
    }

    #[test]
    fn a_process_that_is_not_there_is_a_clear_line() {
        let unknown = Process(u32::MAX).cpu().unwrap_err();
        assert!(unknown.contains("--pid"), "{unknown}");
    }
}
