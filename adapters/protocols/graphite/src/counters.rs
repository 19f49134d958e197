//! What came in by a door of a server: what was stored, and what was not, by its fault.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Mutex, PoisonError};

use crate::fault::Fault;

/// The counters of a door, which all its connections share.
#[derive(Debug, Default)]
pub struct DoorCounters {
    stored: AtomicU64,
    refused: AtomicU64,
    faults: [Tally; Fault::ALL.len()],
}

/// How often there was a fault, and the first case since somebody asked.
#[derive(Debug, Default)]
struct Tally {
    count: AtomicU64,
    /// Saves the lock while there is a case.
    has_case: AtomicBool,
    case: Mutex<Option<Case>>,
}

/// A case of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The peer that sent it.
    pub peer: SocketAddr,
    /// The beginning of what it sent, escaped, or what is wrong with it.
    pub detail: String,
}

impl DoorCounters {
    /// Counts samples: those that are stored, and those that the store refused.
    pub(crate) fn count(&self, stored: u64, refused: u64) {
        self.stored.fetch_add(stored, Relaxed);
        self.refused.fetch_add(refused, Relaxed);
    }

    /// Counts a fault.
    pub(crate) fn fault(&self, fault: Fault, peer: SocketAddr, detail: &dyn fmt::Display) {
        let Some(tally) = self.faults.get(fault as usize) else { return };
        tally.count.fetch_add(1, Relaxed);
        if !tally.has_case.swap(true, Relaxed) {
            let case = Case { peer, detail: detail.to_string() };
            *tally.case.lock().unwrap_or_else(PoisonError::into_inner) = Some(case);
        }
    }

    /// Returns how many samples were stored.
    pub fn stored(&self) -> u64 {
        self.stored.load(Relaxed)
    }

    /// Returns how many samples the store refused, which counts them by cause.
    pub fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    /// Returns how often there was each fault.
    pub fn faults(&self) -> impl Iterator<Item = (Fault, u64)> {
        Fault::ALL.into_iter().zip(self.faults.iter().map(|tally| tally.count.load(Relaxed)))
    }

    /// Returns the first case of a fault since the last call, if there was one.
    pub fn take_case(&self, fault: Fault) -> Option<Case> {
        let tally = self.faults.get(fault as usize)?;
        let case = tally.case.lock().unwrap_or_else(PoisonError::into_inner).take();
        tally.has_case.store(false, Relaxed);
        case
    }
}

/// The first bytes of what a peer sent, escaped.
pub(crate) struct Escaped<'a>(pub(crate) &'a [u8]);

/// The maximum number of bytes that are shown.
const SHOWN: usize = 100;

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, rest) = self.0.split_at(self.0.len().min(SHOWN));
        write!(f, "{}{}", shown.escape_ascii(), if rest.is_empty() { "" } else { "..." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_case_of_each_fault_is_kept_until_it_is_asked_for() {
        let (counters, peer) = (DoorCounters::default(), SocketAddr::from(([127, 0, 0, 1], 1)));
        for (index, fault) in Fault::ALL.into_iter().enumerate() {
            for text in 0..=index {
                counters.fault(fault, peer, &text);
            }
        }
        let counts = Fault::ALL.into_iter().zip(1..);
        assert!(counters.faults().eq(counts));
        for fault in Fault::ALL {
            assert_eq!(counters.take_case(fault), Some(Case { peer, detail: "0".to_owned() }));
            assert_eq!(counters.take_case(fault), None);
        }
        counters.fault(Fault::Time, peer, &"again");
        assert_eq!(counters.take_case(Fault::Time).unwrap().detail, "again");
    }

    #[test]
    fn what_a_peer_sent_is_shown_escaped_and_bounded() {
        assert_eq!(Escaped(b"a \x1b[2J\"\xff").to_string(), r#"a \x1b[2J\"\xff"#);
        assert_eq!(Escaped(&[b'k'; 300]).to_string(), format!("{}...", "k".repeat(100)));
    }
}
