//! Why a request was not answered.

use std::fmt;
use std::io::{self, ErrorKind};

use metric_smol::client;
use serde::Deserialize;

use super::reply::Reply;
use crate::failure::Failure;

/// What was wrong with a request, and what to do, as the server says it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) error: String,
    #[serde(default)]
    advice: String,
    /// The number of series that a request to remove selects.
    pub(crate) count: Option<u64>,
}

/// Why a request was not answered.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// The server refused it.
    Refused(Refusal),
    /// The connection ended before the reply was complete.
    Ended,
    /// It failed, or its reply did.
    Failed(Failure),
}

impl Refusal {
    /// Reads the reply to a request that was refused.
    pub(super) async fn read(reply: Reply<'_>) -> io::Result<Stopped> {
        let status = reply.status;
        let text = reply.text().await?;
        let refusal = serde_json::from_str(&text).unwrap_or_else(|_| Self {
            error: format!("the server answered with HTTP status {status}"),
            advice: String::new(),
            count: None,
        });
        Ok(Stopped::Refused(refusal))
    }

    pub(super) fn too_long() -> Self {
        let error = "the request names too many series".to_owned();
        Self { error, advice: "name fewer".to_owned(), count: None }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.advice.as_str() {
            "" => f.write_str(&self.error),
            advice => write!(f, "{}; {advice}", self.error),
        }
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Refused(refusal) => Self::failed(refusal),
            Stopped::Ended => client::Error::Ended.into(),
            Stopped::Failed(failure) => failure,
        }
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<client::Error> for Stopped {
    fn from(error: client::Error) -> Self {
        match error {
            client::Error::Ended => Self::Ended,
            error => Self::Failed(error.into()),
        }
    }
}

/// Converts errors of the connection, which has the same ones as that of the native protocol.
impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::from(match error.kind() {
            ErrorKind::TimedOut => client::Error::TimedOut,
            ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected => client::Error::Ended,
            _ => client::Error::Stream(error),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_one_line_with_its_advice() {
        let text =
            r#"{"error": "'x' is not a time", "where": "from", "advice": "give now", "count": 3}"#;
        let refusal: Refusal = serde_json::from_str(text).unwrap();
        assert_eq!(refusal.to_string(), "'x' is not a time; give now");
        assert_eq!(refusal.count, Some(3));
        let bare: Refusal = serde_json::from_str(r#"{"error": "no"}"#).unwrap();
        assert_eq!(bare.to_string(), "no");
    }
}
