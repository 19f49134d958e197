//! Linux, which tells all in the texts of `/proc` and `/sys`.

mod backing;
mod baseline;
mod disks;
mod files;
mod memory;
mod mounts;
mod network;
mod processors;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod tests;

use std::io;

use smol::future::{or, zip};

use super::{Apart, CPU, NETWORK_USAGE, Reading, Round, USAGE, measure};
use disks::Disks;
use files::{Files, Kernel};
use network::Network;
use processors::Processors;

/// What is measured of this machine. What may hang is apart: the memory of a container may be told
/// by a file system of its host's, too.
pub(crate) struct Machine<F = Kernel> {
    parts: [Apart<Vec<Reading>>; 3],
    disks: Disks<F>,
}

impl Machine {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self::of(Kernel))
    }
}

impl<F: Files> Machine<F> {
    fn of(files: F) -> Self {
        let mut processors = Processors::default();
        let mut network = Network::default();
        let parts = [
            Apart::new(processors::FILE, CPU, {
                let files = files.clone();
                move || processors.measure(&files)
            }),
            Apart::new(memory::FILE, USAGE, {
                let files = files.clone();
                move || memory::measure(&files)
            }),
            Apart::new(network::FILE, NETWORK_USAGE, {
                let files = files.clone();
                move || network.measure(&files)
            }),
        ];
        Self { parts, disks: Disks::new(files) }
    }

    /// Measures one round, and leaves out what this machine does not have. What has not responded
    /// when `enough` is ready is left out as well.
    pub(crate) async fn measure(&mut self, enough: impl Future<Output = ()>) -> Round {
        let Self { parts, disks } = self;
        let mut round = Round::default();
        let all = async {
            zip(measure(parts), disks.measure(&mut round.news)).await;
        };
        or(all, enough).await;
        round.settle(parts).await;
        round.readings.extend(disks.settle(&mut round.news).await);
        round
    }
}

/// Returns the name of this machine.
pub(crate) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
