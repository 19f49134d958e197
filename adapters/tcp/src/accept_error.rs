//! Why accepting failed.

use std::fmt;
use std::io::{self, ErrorKind};

/// The part of an [`io::Error`] that can be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AcceptError {
    /// An error number of the system.
    Numbered(i32),
    /// The kind of an error without a number.
    Other(ErrorKind),
}

impl From<&io::Error> for AcceptError {
    fn from(error: &io::Error) -> Self {
        error.raw_os_error().map_or(Self::Other(error.kind()), Self::Numbered)
    }
}

impl fmt::Display for AcceptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Numbered(number) => io::Error::from_raw_os_error(number).fmt(f),
            Self::Other(kind) => kind.fmt(f),
        }
    }
}

impl std::error::Error for AcceptError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_it_is_with_a_number_or_without() {
        let shown = |error: io::Error| AcceptError::from(&error).to_string();
        let too_many_files = io::Error::from_raw_os_error(24);
        assert_eq!(shown(io::Error::from_raw_os_error(24)), too_many_files.to_string());
        assert_eq!(shown(ErrorKind::InvalidInput.into()), "invalid input parameter");
        assert_eq!(shown(io::Error::other("no reactor")), "other error");
    }
}
