//! Machines with cores, and what runs on them: a clock, work that takes time, and turns.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Nanoseconds since the beginning.
pub type Time = u64;

/// The number of a process. It does one thing at a time.
pub type Process = usize;

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A process has done its work.
    Done(Process),
    /// A message reaches a process.
    Reaches(Process, u64),
    /// A round comes from one of many clients.
    Due,
}

/// Machines, and what will happen, in the order of time.
#[derive(Debug, Default)]
pub struct Machines {
    now: Time,
    number: u64,
    due: BinaryHeap<Reverse<(Time, u64, Event)>>,
    cores: Vec<Cores>,
    /// The machine of each process, and for how long it has worked.
    processes: Vec<(usize, Time)>,
}

#[derive(Debug)]
struct Cores {
    free: usize,
    /// Who waits for a core, and for how long it wants it.
    waiting: VecDeque<(Process, Time)>,
}

impl Machines {
    /// Adds a machine.
    pub fn add_machine(&mut self, cores: usize) -> usize {
        self.cores.push(Cores { free: cores, waiting: VecDeque::new() });
        self.cores.len() - 1
    }

    /// Adds a process on a machine.
    pub fn add_process(&mut self, machine: usize) -> Process {
        self.processes.push((machine, 0));
        self.processes.len() - 1
    }

    /// Returns the time.
    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// Returns for how long a process has worked.
    #[must_use]
    pub fn worked(&self, process: Process) -> Time {
        self.processes[process].1
    }

    /// Has something happen later.
    pub fn later(&mut self, after: Time, event: Event) {
        self.number += 1;
        self.due.push(Reverse((self.now + after, self.number, event)));
    }

    /// Has a process work, once a core is free. It must not work yet.
    pub fn work(&mut self, process: Process, time: Time) {
        let machine = self.processes[process].0;
        self.cores[machine].waiting.push_back((process, time));
        self.begin(machine);
    }

    fn begin(&mut self, machine: usize) {
        let cores = &mut self.cores[machine];
        if cores.free == 0 {
            return;
        }
        if let Some((process, time)) = cores.waiting.pop_front() {
            cores.free -= 1;
            self.processes[process].1 += time;
            self.later(time, Event::Done(process));
        }
    }

    /// Returns what happens next, and goes on to its time.
    pub fn go_on(&mut self) -> Option<Event> {
        let Reverse((time, _, event)) = self.due.pop()?;
        self.now = time;
        if let Event::Done(process) = event {
            let machine = self.processes[process].0;
            self.cores[machine].free += 1;
            self.begin(machine);
        }
        Some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_finds_no_core_free_waits() {
        let mut machines = Machines::default();
        let machine = machines.add_machine(2);
        let processes: Vec<_> = (0..3).map(|_| machines.add_process(machine)).collect();
        processes.iter().for_each(|&process| machines.work(process, 10 + process as Time));
        let mut ends = Vec::new();
        while let Some(event) = machines.go_on() {
            ends.push((machines.now(), event));
        }
        assert_eq!(ends, [(10, Event::Done(0)), (11, Event::Done(1)), (22, Event::Done(2))]);
        assert_eq!(machines.worked(2), 12);
    }
}
