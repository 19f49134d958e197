//! The figures of the kernel about a server program: memory, files, threads and CPU time.

use std::fs;

use super::Running;

impl Running {
    /// Returns its memory in use, in KiB.
    ///
    /// # Panics
    ///
    /// If it has ended.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// Returns the largest amount of memory that it ever used, in KiB.
    ///
    /// # Panics
    ///
    /// If it has ended.
    #[must_use]
    pub fn peak_memory(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// Returns a figure in KiB of /proc/PID/status.
    fn status(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the server runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let figure = line.and_then(|line| line.trim().strip_suffix(" kB"));
        figure.and_then(|figure| figure.parse().ok()).expect("a figure in KiB")
    }

    /// Returns the number of its open files, including sockets.
    ///
    /// # Panics
    ///
    /// If it has ended.
    #[must_use]
    pub fn files(&self) -> usize {
        let files = fs::read_dir(format!("/proc/{}/fd", self.child.id()));
        files.expect("the server runs").count()
    }

    /// Returns the number of its threads.
    ///
    /// # Panics
    ///
    /// If it has ended.
    #[must_use]
    pub fn threads(&self) -> usize {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id()));
        threads.expect("the server runs").count()
    }

    /// Returns the CPU time that it has used, in hundredths of a second.
    ///
    /// # Panics
    ///
    /// If it has ended.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.expect("the server runs");
        // The 12th and 13th fields after the name, which may contain spaces.
        let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
        let times = fields.split_whitespace().skip(11).take(2);
        times.map(|time| time.parse::<u64>().expect("a figure")).sum()
    }
}
