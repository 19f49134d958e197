//! Why a query ends before its reply is complete.

use std::error::Error;
use std::fmt;

use hyper::StatusCode;
use metric_query::Exceeded;

use crate::refusal::Refusal;

/// Why a query ends before its reply is complete.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It is over its budget.
    Exceeded(Exceeded),
    /// It takes too long.
    TooSlow,
    /// The store cannot show the rest.
    Unavailable,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exceeded(exceeded) => exceeded.fmt(f),
            Self::TooSlow => f.write_str("the query took more than 30 s of the server's time"),
            Self::Unavailable => f.write_str("the store cannot show all samples now"),
        }
    }
}

impl Error for Failure {}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let status = match failure {
            Failure::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let advice = match failure {
            Failure::Exceeded(exceeded) => exceeded.advice(),
            Failure::TooSlow => "select fewer series or a shorter time",
            Failure::Unavailable => "try again; the server's log tells more",
        };
        Self::new(status, "query", failure.to_string(), advice)
    }
}
