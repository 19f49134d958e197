//! How large the attacks are.

use super::child;

pub(super) const IDLE: u64 = 10_000;
pub(super) const DRIBBLERS: u64 = 1_000;
pub(super) const DEAF: u64 = 200;
/// Series of a thousand samples that the deaf ask for.
pub(super) const LISTED: usize = 100;
pub(super) const VISITS: u64 = 20_000;
/// Bytes of a line, of which there are as many as attackers in a team.
pub(super) const LINE: u64 = 1_000_000_000;
pub(super) const NOISE: u64 = 100_000_000;
pub(super) const KEYS: u64 = 1_000_000;

/// As many connections as this, or as a process here may have open.
pub(super) fn affordable(connections: u64) -> u64 {
    connections.min(child::raise_files().saturating_sub(100))
}
