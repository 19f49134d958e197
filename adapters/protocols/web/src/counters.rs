//! What the HTTP side counts.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, PoisonError};

use hyper::StatusCode;
use metric_query::Bound;

use crate::failure::Failure;

/// Counters of the HTTP side since the start.
#[derive(Debug, Default)]
pub struct Counters {
    requests: AtomicU64,
    refused: [AtomicU64; CAUSES.len()],
    /// The first refusal of each status since somebody asked.
    cases: [Mutex<Option<String>>; CAUSES.len()],
    /// The last name by which the server was called wrongly, and how often that happened.
    wrong_host: Mutex<(String, u64)>,
    /// Queries that ended early, by cause.
    failed: [AtomicU64; FAILURES.len()],
}

/// Why queries end early.
const FAILURES: [&str; 5] = ["series", "samples", "points", "time", "store"];

/// The statuses that are counted, and what each refusal was about.
const CAUSES: [(u16, &str); 12] = [
    (400, "wrong request"),
    (403, "not allowed"),
    (404, "no such path"),
    (405, "wrong method"),
    (409, "count differs"),
    (413, "too large"),
    (414, "too long a target"),
    (415, "wrong content type"),
    (422, "over a budget"),
    (431, "too long a head"),
    (501, "unknown transfer coding"),
    (503, "no room"),
];

fn place(status: StatusCode) -> usize {
    CAUSES.iter().position(|(cause, _)| *cause == status.as_u16()).unwrap_or(0)
}

/// The beginning of a text, escaped: only quotes are as they are, so that no two texts are shown alike.
fn shown(text: &str) -> String {
    const SHOWN: usize = 200;
    let escaped = |one: char| match one {
        '"' | '\'' => one.to_string(),
        _ => one.escape_debug().to_string(),
    };
    let mut line: String = text.chars().take(SHOWN).map(escaped).collect();
    line.push_str(if text.chars().nth(SHOWN).is_some() { "..." } else { "" });
    line
}

impl Counters {
    /// Counts a reply.
    pub(crate) fn replied(&self, status: StatusCode) {
        self.requests.fetch_add(1, Relaxed);
        if status.is_client_error() || status.is_server_error() {
            self.refused[place(status)].fetch_add(1, Relaxed);
        }
    }

    /// Keeps what was asked for, and why it was refused, unless there is a case already.
    pub(crate) fn refused_case(&self, status: StatusCode, asked: &str, error: &str) {
        let mut case = self.cases[place(status)].lock().unwrap_or_else(PoisonError::into_inner);
        case.get_or_insert_with(|| format!("{}: {}", shown(asked), shown(error)));
    }

    /// Returns the first refusal of a status since the last call, if there was one.
    pub fn take_case(&self, status: u16) -> Option<String> {
        let place = CAUSES.iter().position(|(cause, _)| *cause == status)?;
        self.cases[place].lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Counts a request that called the server by a name that it does not know.
    pub(crate) fn called(&self, name: &str) {
        let mut wrong = self.wrong_host.lock().unwrap_or_else(PoisonError::into_inner);
        *wrong = (name.to_owned(), wrong.1 + 1);
    }

    /// The last name by which a request called the server wrongly, and the number of such requests.
    #[must_use]
    pub fn wrong_host(&self) -> (String, u64) {
        self.wrong_host.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts a query that ended early.
    pub(crate) fn failed(&self, failure: Failure) {
        let index = match failure {
            Failure::Exceeded(exceeded) => match exceeded.bound {
                Bound::Series => 0,
                Bound::Samples => 1,
                Bound::Points => 2,
            },
            Failure::TooSlow => 3,
            Failure::Unavailable => 4,
        };
        self.failed[index].fetch_add(1, Relaxed);
    }

    /// The number of queries that ended early by cause: the budget they were over, `time`, or
    /// `store` if that could not show the rest.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, u64)> {
        FAILURES.into_iter().zip(self.failed.iter().map(|count| count.load(Relaxed)))
    }

    /// The number of requests, with those that were refused.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }

    /// The number of refused requests by status, and what each status is about.
    pub fn refused(&self) -> impl Iterator<Item = (u16, &'static str, u64)> {
        let counts = self.refused.iter().map(|count| count.load(Relaxed));
        CAUSES.into_iter().zip(counts).map(|((status, cause), count)| (status, cause, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_that_the_documentation_lists_is_counted_as_itself() {
        let rows = include_str!("../API.md").lines().filter_map(|line| line.strip_prefix("| "));
        let cells = rows.flat_map(|row| row.split(" |").next().unwrap().split(", "));
        let statuses: Vec<StatusCode> = cells.filter_map(|cell| cell.parse().ok()).collect();
        assert_eq!(statuses.len(), CAUSES.len());
        for status in statuses {
            assert_eq!(CAUSES[place(status)].0, status.as_u16());
        }
    }

    #[test]
    fn the_first_refusal_of_a_status_is_kept_until_it_is_asked_for() {
        let counters = Counters::default();
        let long = "x".repeat(300);
        for (status, asked, error) in
            [(400, "GET /a\n\\n", "first"), (400, "GET /b", "second's"), (404, "GET /c", &*long)]
        {
            counters.refused_case(StatusCode::from_u16(status).unwrap(), asked, error);
        }
        assert_eq!(counters.take_case(400).as_deref(), Some("GET /a\\n\\\\n: first"));
        assert_eq!(counters.take_case(400), None);
        assert_eq!(counters.take_case(404), Some(format!("GET /c: {}...", &long[..200])));
        assert_eq!(counters.take_case(200), None);
    }
}
