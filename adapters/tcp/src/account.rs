//! What the log tells of one connection, at debug.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use log::Level;
use metric_proto::Tally;

use crate::server_handle::Outcome;

/// A peer, and what it was answered.
#[derive(Debug)]
pub(crate) struct Account {
    peer: SocketAddr,
    requests: AtomicU64,
    wrong_commands: AtomicU64,
}

impl Account {
    /// An account, if the log has a use for it: without one a connection holds a pointer only.
    pub(crate) fn of(peer: SocketAddr) -> Option<Arc<Self>> {
        let account = Self { peer, requests: 0.into(), wrong_commands: 0.into() };
        log::log_enabled!(Level::Debug).then(|| Arc::new(account))
    }

    pub(crate) fn answered(&self, tally: Tally) {
        self.requests.fetch_add(tally.requests.into(), Relaxed);
        self.wrong_commands.fetch_add(tally.wrong_commands.into(), Relaxed);
        if tally.wrong_commands > 0 {
            log::debug!("{} sent wrong commands: {}", self.peer, tally.wrong_commands);
        }
    }

    pub(crate) fn log_end(&self, outcome: Outcome) {
        let ended = match outcome {
            Outcome::Whole => "ended",
            Outcome::Broken => "broke",
            Outcome::TimedOut => "was idle for too long",
            Outcome::Cut => "was cut",
        };
        let (requests, wrong) = (self.requests.load(Relaxed), self.wrong_commands.load(Relaxed));
        log::debug!("{} {ended}; requests: {requests}; wrong commands: {wrong}", self.peer);
    }
}
