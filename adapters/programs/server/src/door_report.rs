//! What the log says of the doors of other protocols.

use std::sync::Arc;

use metric_graphite::{Case, DoorCounters, Fault};

use crate::doors::Doors;

/// Watches the counters of the doors.
pub(crate) struct DoorReport {
    doors: Doors,
    told: Vec<Told>,
    /// The datagrams that the kernel had dropped.
    overruns: u64,
}

/// A door, and what the log has been told of it.
struct Told {
    name: &'static str,
    counters: Arc<DoorCounters>,
    faults: [u64; Fault::ALL.len()],
}

impl DoorReport {
    /// Begins to watch doors.
    pub(crate) fn new(doors: &Doors) -> Self {
        let told = |&(name, ref counters): &(_, Arc<DoorCounters>)| Told {
            name,
            counters: Arc::clone(counters),
            faults: Default::default(),
        };
        let told = doors.counters().iter().map(told).collect();
        Self { doors: doors.clone(), told, overruns: 0 }
    }

    /// Logs what was not stored since the last time, a line for each fault, with its first case.
    pub(crate) fn log_faults(&mut self) {
        self.told.iter_mut().for_each(Told::log_faults);
        let overruns = self.doors.overruns();
        let new = overruns.saturating_sub(std::mem::replace(&mut self.overruns, overruns));
        if new > 0 {
            log::warn!("graphite: datagrams came faster than they were read ({new} times)");
        }
    }

    /// Logs the counters.
    pub(crate) fn log_counters(&self) {
        for Told { name, counters, .. } in &self.told {
            let faults = counters.faults().map(|(_, count)| count).sum::<u64>();
            log::info!(
                "{name}: samples stored: {}, refused: {}, faulty: {faults}",
                counters.stored(),
                counters.refused(),
            );
        }
        if !self.doors.sockets().is_empty() {
            log::info!("graphite: datagrams dropped by the kernel: {}", self.doors.overruns());
        }
    }
}

impl Told {
    fn log_faults(&mut self) {
        let name = self.name;
        for ((fault, count), told) in self.counters.faults().zip(&mut self.faults) {
            let new = count - std::mem::replace(told, count);
            if new == 0 {
                continue;
            }
            match self.counters.take_case(fault) {
                Some(Case { peer, detail }) => {
                    log::warn!("{name}: {fault} ({new} times), such as from {peer}: {detail}");
                }
                None => log::warn!("{name}: {fault} ({new} times)"),
            }
        }
    }
}
