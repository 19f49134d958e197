//! All cases, in the order of the protocol's topics.

mod bounds;
mod commands;
mod concurrent;
mod connections;
mod http;
mod key;
mod line;
mod long_line;
mod long_reply;
mod pipeline;
mod random;
mod samples;
mod select;
mod timestamp;
mod value;
mod value_text;

use crate::Case;

/// Lists every case of the suite: requests first, then replies, connections and bounds.
///
/// Cases that store much come last. Before them a `get *` is short, even if the server cannot be
/// restarted.
pub fn cases() -> Vec<Case> {
    [
        line::CASES,
        commands::CASES,
        key::CASES,
        value::CASES,
        timestamp::CASES,
        long_line::CASES,
        http::CASES,
        samples::CASES,
        select::CASES,
        value_text::CASES,
        pipeline::CASES,
        random::CASES,
        connections::CASES,
        concurrent::CASES,
        long_reply::CASES,
        bounds::CASES,
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_is_unique() {
        let names: BTreeSet<_> = cases().iter().map(|case| case.name).collect();
        assert_eq!(names.len(), cases().len());
    }
}
