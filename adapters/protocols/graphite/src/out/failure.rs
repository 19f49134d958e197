//! Why a query has no reply.

use std::fmt;

use metric_query::{Exceeded, InvalidPattern};

use crate::out::grammar::InvalidTarget;

/// Why a query has no reply. Its text is one line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// The query is wrong. The text says what is, and where.
    Wrong(String),
    /// It is over its budget.
    Exceeded(Exceeded),
    /// Its values take more memory than there is for all queries.
    TooLarge,
    /// It takes too long.
    TooSlow,
    /// The store cannot show all samples.
    Unavailable,
}

impl Failure {
    /// A wrong query. Whatever it quotes, the text is one line.
    pub(crate) fn wrong(text: impl Into<String>) -> Self {
        let line = |one: char| if one.is_control() { ' ' } else { one };
        Self::Wrong(text.into().chars().map(line).collect())
    }
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

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(text) => f.write_str(text),
            Self::Exceeded(exceeded) => exceeded.fmt(f),
            Self::TooLarge => {
                f.write_str("the values of all queries take more memory than there is for them")
            }
            Self::TooSlow => f.write_str("the query took more than 30 s of the server's time"),
            Self::Unavailable => f.write_str("the store cannot show all samples now"),
        }
    }
}

impl std::error::Error for Failure {}
