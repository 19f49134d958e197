//! The limit of open files: each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Open files of a server besides its connections.
const OTHER_FILES: usize = 16;

/// Raises `RLIMIT_NOFILE` so that `connections` fit. Logs a warning if the hard limit is lower.
pub(crate) fn allow_connections(connections: usize) {
    let wanted = connections.saturating_add(OTHER_FILES) as u64;
    let limit = getrlimit(Resource::Nofile);
    let current = limit.maximum.map_or(wanted, |maximum| wanted.min(maximum));
    if limit.current.is_some_and(|allowed| allowed < current) {
        let raised = Rlimit { current: Some(current), ..limit };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            log::warn!("cannot raise the limit of open files: {error}");
        }
    }
    if let Some(allowed) = getrlimit(Resource::Nofile).current.filter(|&allowed| allowed < wanted) {
        let served = allowed.saturating_sub(OTHER_FILES as u64);
        log::warn!("the limit of open files allows only about {served} connections at once");
    }
}
