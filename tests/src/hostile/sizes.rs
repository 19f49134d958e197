//! The sizes of the attacks.

use super::child;

pub(super) const IDLE: u64 = 10_000;
pub(super) const DRIBBLERS: u64 = 1_000;
pub(super) const DEAF: u64 = 200;
/// The number of series in a listing that is not read, of 1,000 samples each.
pub(super) const LISTED: usize = 100;
/// The number of unfinished HTTP requests, and of HTTP connections that do not read.
pub(super) const HALVES: u64 = 10_000;
pub(super) const READERS: u64 = 256;
pub(super) const PIPELINED: u64 = 400;
pub(super) const STRANGE: u64 = 5_000;
pub(super) const VISITS: u64 = 20_000;
/// The length of a line without an end, in bytes. Each attacker of a team sends one.
pub(super) const LINE: u64 = 1_000_000_000;
pub(super) const NOISE: u64 = 100_000_000;
pub(super) const KEYS: u64 = 1_000_000;
/// Samples that are poured into Graphite's door, and datagrams.
pub(super) const POURED: u64 = 5_000_000;
pub(super) const DATAGRAMS: u64 = 1_000_000;
/// The number of unfinished pickles of a mebibyte.
pub(super) const FRAMES: u64 = 200;

/// The bound of memory for a flood of any size, in bytes: two buffers per attacker, and the code that runs
/// for the first time, of which a debug build has much.
pub(super) const FLOOD: u64 = 3 << 20;

/// Returns `connections`, or the number that a process may open if that is less.
pub(super) fn affordable(connections: u64) -> u64 {
    connections.min(child::raise_files().saturating_sub(100))
}
