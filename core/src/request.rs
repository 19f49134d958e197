//! Requests: parses them, with one function for each rule of the grammar, and writes them.
//!
//! ```text
//! request  = put / get
//! put      = "put" SP key SP value SP timestamp
//! get      = "get" SP selector
//! selector = key / "*"
//! ```

use core::fmt;

use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::combinator::{all_consuming, value};
use nom::sequence::preceded;
use nom::{IResult, Parser};

use crate::key::{Key, key};
use crate::output::{Output, OutputFull};
use crate::sample::{Sample, key_and_sample, write_line};

/// What a client asks for in one line.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Request<'a> {
    /// Store a sample.
    Put {
        /// The series it goes to.
        key: Key<'a>,
        /// What is stored.
        sample: Sample,
    },
    /// Return the samples of the selected series.
    Get(Selector<'a>),
}

impl Request<'_> {
    /// Writes the request with its line feed; returns its length.
    ///
    /// # Errors
    ///
    /// [`OutputFull`] if the request does not fit. Then send nothing of the output.
    pub fn write(&self, output: &mut [u8]) -> Result<usize, OutputFull> {
        let mut output = Output::new(output);
        match *self {
            Self::Put { key, sample } => write_line(&mut output, b"put ", (key, sample), 0)?,
            Self::Get(Selector::Key(key)) => output.append([b"get ", key.as_bytes(), b"\n"], 0)?,
            Self::Get(Selector::All) => output.append([b"get *\n"], 0)?,
        }
        Ok(output.written())
    }

    /// Returns the key, if the request names one.
    pub(crate) fn key(&self) -> Option<Key<'_>> {
        match *self {
            Self::Put { key, .. } | Self::Get(Selector::Key(key)) => Some(key),
            Self::Get(Selector::All) => None,
        }
    }
}

/// Which series a get selects.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Selector<'a> {
    /// Every series: `get *`.
    All,
    /// The series of this key, which need not exist.
    Key(Key<'a>),
}

/// A line that is not a request.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct WrongCommand;

impl fmt::Display for WrongCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wrong command")
    }
}

impl core::error::Error for WrongCommand {}

/// Parses a request from a complete line without its line end.
///
/// # Errors
///
/// [`WrongCommand`] for every line that does not match the grammar, whatever its bytes.
///
/// ```
/// use metric_proto::{Request, parse_request};
///
/// let Ok(Request::Put { key, sample }) = parse_request(b"put palm.cpu 23.7 1150864247") else {
///     panic!("a put")
/// };
/// assert_eq!((key.as_str(), sample.value()), ("palm.cpu", 23.7));
/// assert!(parse_request(b"put palm.cpu nan 1150864247").is_err());
/// ```
pub fn parse_request(line: &[u8]) -> Result<Request<'_>, WrongCommand> {
    let parsed = all_consuming(alt((put, get))).parse(line);
    parsed.map(|(_, request)| request).map_err(|_| WrongCommand)
}

fn put(input: &[u8]) -> IResult<&[u8], Request<'_>, ()> {
    let (rest, (key, sample)) = preceded(word(b"put "), key_and_sample).parse(input)?;
    Ok((rest, Request::Put { key, sample }))
}

fn get(input: &[u8]) -> IResult<&[u8], Request<'_>, ()> {
    preceded(word(b"get "), selector.map(Request::Get)).parse(input)
}

/// Parses the first word of a request. It compares four bytes at once; nom's `tag` goes byte by
/// byte.
fn word<'a>(text: &[u8; 4]) -> impl Parser<&'a [u8], Output = (), Error = ()> {
    move |input: &'a [u8]| match input.split_first_chunk() {
        Some((first, rest)) if first == text => Ok((rest, ())),
        _ => Err(nom::Err::Error(())),
    }
}

fn selector(input: &[u8]) -> IResult<&[u8], Selector<'_>, ()> {
    alt((key.map(Selector::Key), value(Selector::All, tag("*")))).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key<'_> {
        Key::new(name).unwrap()
    }

    #[test]
    fn the_requests_of_the_grammar_are_read() {
        let sample = Sample::new(23.7, 1150864247).unwrap();
        let put = |name| Request::Put { key: key(name), sample };
        let cases = [
            ("put palm.cpu 23.7 1150864247", put("palm.cpu")),
            ("put *.cpu +23.70 +01150864247", put("*.cpu")),
            ("get palm.cpu", Request::Get(Selector::Key(key("palm.cpu")))),
            ("get **", Request::Get(Selector::Key(key("**")))),
            ("get *", Request::Get(Selector::All)),
        ];
        for (line, request) in cases {
            assert_eq!(parse_request(line.as_bytes()), Ok(request), "{line}");
        }
    }

    #[test]
    fn every_other_line_is_a_wrong_command() {
        let lines = [
            "",
            " ",
            "hello",
            "get",
            "get ",
            "get  a",
            "get a ",
            " get a",
            "get a b",
            "get * x",
            "GET a",
            "Put k 1 2",
            "get\ta",
            "put",
            "put k",
            "put k 1",
            "put k 1 ",
            "put k 1 2 3",
            "put k  1 2",
            "put k 1  2",
            "put k 1 2 ",
            "put * 1 2",
            "put k nan 2",
            "put k 1e400 2",
            "put k 1 2.0",
            "put k 1 1e3",
            "put k 1 9223372036854775808",
            "put k\u{a0}1 2",
            "put k\u{a0} 1 2",
            "get k\r",
            "put k 1 2\r",
        ];
        for line in lines {
            assert_eq!(parse_request(line.as_bytes()), Err(WrongCommand), "{line:?}");
        }
        assert_eq!(parse_request(b"get \xff"), Err(WrongCommand));
    }

    #[test]
    fn a_request_that_is_written_reads_as_the_same() {
        let sample = Sample::new(-2.5e-7, i64::MIN).unwrap();
        let requests = [
            Request::Put { key: key("palm.cpu"), sample },
            Request::Get(Selector::Key(key("palm.cpu"))),
            Request::Get(Selector::All),
        ];
        for request in requests {
            let mut line = [0; 64];
            let length = request.write(&mut line).unwrap();
            let (text, end) = line[..length].split_at(length - 1);
            assert_eq!((parse_request(text), end), (Ok(request), &b"\n"[..]));
            assert_eq!(request.write(&mut line[..length - 1]), Err(OutputFull));
        }
    }
}
