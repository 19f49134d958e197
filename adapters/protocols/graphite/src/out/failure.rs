//! Why a query has no reply.

use std::fmt;

use metric_query::{Exceeded, InvalidPattern};
use metric_web::NoMemory;

use crate::out::grammar::InvalidTarget;

/// Why a query has no reply. Its text is one line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// The query is wrong. The text says what is, and where.
    Wrong(String),
    /// It is over its budget.
    Exceeded(Exceeded),
    /// What it holds takes more memory than there is for all queries.
    TooLarge,
    /// The store cannot show all samples.
    Unavailable,
    /// It was ended by a failure that is counted already.
    Ended(metric_web::Failure),
}

impl Failure {
    /// A wrong query. Whatever it quotes, the text is one line.
    pub(crate) fn wrong(text: impl Into<String>) -> Self {
        let line = |one: char| if one.is_control() { ' ' } else { one };
        Self::Wrong(text.into().chars().map(line).collect())
    }
}

/// The beginning of a text, which may be as long as a request.
pub(crate) fn shown(text: &str) -> String {
    const SHOWN: usize = 100;
    let mut shown: String = text.chars().take(SHOWN).collect();
    shown.push_str(if shown.len() < text.len() { "..." } else { "" });
    shown
}

impl From<InvalidTarget> for Failure {
    fn from(error: InvalidTarget) -> Self {
        Self::wrong(format!("target: {error}"))
    }
}

impl From<InvalidPattern> for Failure {
    fn from(error: InvalidPattern) -> Self {
        Self::wrong(format!("path: {error}"))
    }
}

impl From<NoMemory> for Failure {
    fn from(_: NoMemory) -> Self {
        Self::TooLarge
    }
}

impl From<metric_web::Failure> for Failure {
    fn from(failure: metric_web::Failure) -> Self {
        Self::Ended(failure)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(text) => f.write_str(text),
            Self::Exceeded(exceeded) => exceeded.fmt(f),
            Self::TooLarge => {
                f.write_str("what all queries hold takes more memory than there is for them")
            }
            Self::Unavailable => metric_web::Failure::Unavailable.fmt(f),
            Self::Ended(failure) => failure.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}
