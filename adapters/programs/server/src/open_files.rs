//! The limit of open files: each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Open files of a server besides its connections.
pub(crate) const OTHER_FILES: usize = 16;

/// The same with data on a disk: each segment is one. The store keeps them to some 200, and 1 TB of
/// data to 700, since segments grow with the data.
pub(crate) const DATA_FILES: usize = 1_024;

/// Raises `RLIMIT_NOFILE` so that `connections` and `others` fit. Logs a warning if the hard limit is
/// lower. Returns how many connections fit, at least one.
pub(crate) fn allow_connections(connections: usize, others: usize) -> usize {
    let wanted = connections.saturating_add(others) as u64;
    let limit = getrlimit(Resource::Nofile);
    let current = limit.maximum.map_or(wanted, |maximum| wanted.min(maximum));
    if limit.current.is_some_and(|allowed| allowed < current) {
        let raised = Rlimit { current: Some(current), ..limit };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            log::warn!("cannot raise the limit of open files: {error}");
        }
    }
    let allowed = getrlimit(Resource::Nofile).current.filter(|&allowed| allowed < wanted);
    let Some(allowed) = allowed else { return connections };
    // A low limit is shared: few have so much data.
    let served = allowed.saturating_sub(others as u64).max(allowed / 2).max(1);
    log::warn!("the limit of open files allows only about {served} connections at once");
    served as usize
}
