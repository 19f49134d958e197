//! A request of remote read.

use std::fmt;

use crate::matcher::{InvalidMatcher, Matcher, Matchers, Operator};
use crate::proto::{Broken, Fields};
use crate::selector::{LONGEST, MATCHERS};

/// A request of remote read.
///
/// ```text
/// ReadRequest { 1: Query { 1: start, 2: end, 3: LabelMatcher { 1: type, 2: name, 3: value } }
///               2: accepted response type }
/// ```
#[derive(Debug)]
pub struct ReadRequest {
    /// What is asked for.
    pub queries: Vec<ReadQuery>,
    /// How it is answered.
    pub kind: Kind,
}

/// A query of a request.
#[derive(Debug)]
pub struct ReadQuery {
    /// The earliest time in milliseconds.
    pub start: i64,
    /// The latest time in milliseconds.
    pub end: i64,
    /// Which series.
    pub matchers: Matchers,
}

/// A kind of reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// All samples in one message.
    Samples,
    /// A stream of messages with chunks of compressed samples.
    Chunks,
}

/// The most queries of a request. Their matchers are bounded together.
const QUERIES: usize = 64;

impl ReadRequest {
    /// Reads a request.
    ///
    /// # Errors
    ///
    /// [`InvalidRequest`] says what is wrong.
    pub fn parse(message: &[u8]) -> Result<Self, InvalidRequest> {
        let (mut fields, mut accepted) = (Fields::of(message), Vec::new());
        let (mut queries, mut matchers) = (Vec::new(), 0);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 if queries.len() == QUERIES => return Err(InvalidRequest::TooLarge),
                1 => queries.push(query(value.bytes()?, &mut matchers)?),
                2 if accepted.len() == QUERIES => return Err(InvalidRequest::TooLarge),
                2 => accepted.extend(kinds(value)?),
                _ => {}
            }
        }
        let kind = match accepted.as_slice() {
            [] => Some(Kind::Samples),
            kinds => kinds.iter().find_map(|kind| *kind),
        };
        Ok(Self { queries, kind: kind.ok_or(InvalidRequest::Kind)? })
    }
}

/// Reads accepted kinds of replies; a list may be packed into one field.
fn kinds(value: crate::proto::Value<'_>) -> Result<Vec<Option<Kind>>, Broken> {
    let kind = |number: u8| match number {
        0 => Some(Kind::Samples),
        1 => Some(Kind::Chunks),
        _ => None,
    };
    match value {
        // The numbers of all kinds take one byte.
        crate::proto::Value::Bytes(packed) => {
            Ok(packed.iter().take(QUERIES).map(|number| kind(*number)).collect())
        }
        number => Ok(vec![u8::try_from(number.integer()?).ok().and_then(kind)]),
    }
}

fn query(message: &[u8], matchers: &mut usize) -> Result<ReadQuery, InvalidRequest> {
    let (mut start, mut end, mut all) = (0, 0, Vec::new());
    let mut fields = Fields::of(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => start = value.integer()?,
            2 => end = value.integer()?,
            3 if *matchers == MATCHERS => return Err(InvalidRequest::TooLarge),
            3 => {
                *matchers += 1;
                all.push(matcher(value.bytes()?)?);
            }
            _ => {}
        }
    }
    Ok(ReadQuery { start, end, matchers: Matchers::new(all) })
}

fn matcher(message: &[u8]) -> Result<Matcher, InvalidRequest> {
    let (mut operator, mut label, mut text) = (0, "", "");
    let mut fields = Fields::of(message);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => operator = value.integer()?,
            2 => label = value.text()?,
            3 => text = value.text()?,
            _ => {}
        }
    }
    if label.len().max(text.len()) > LONGEST {
        return Err(InvalidRequest::TooLarge);
    }
    let operator = match operator {
        0 => Operator::Equal,
        1 => Operator::NotEqual,
        2 => Operator::Matches,
        3 => Operator::MatchesNot,
        _ => return Err(Broken.into()),
    };
    Ok(Matcher::new(label, operator, text)?)
}

/// Bytes that are not a request that is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidRequest {
    /// It is not a request.
    Broken,
    /// It has too many queries or matchers, or a matcher is too long.
    TooLarge,
    /// It accepts no kind of reply that is known here.
    Kind,
    /// A matcher is wrong.
    Matcher(InvalidMatcher),
}

impl From<Broken> for InvalidRequest {
    fn from(_: Broken) -> Self {
        Self::Broken
    }
}

impl From<InvalidMatcher> for InvalidRequest {
    fn from(error: InvalidMatcher) -> Self {
        Self::Matcher(error)
    }
}

impl fmt::Display for InvalidRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken => Broken.fmt(f),
            Self::TooLarge => {
                write!(
                    f,
                    "there are more than {QUERIES} queries or {MATCHERS} matchers, or one is longer \
                     than {LONGEST} bytes"
                )
            }
            Self::Kind => {
                f.write_str("neither samples nor streamed chunks are accepted as a reply")
            }
            Self::Matcher(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for InvalidRequest {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{put_bytes, put_integer};
    use metric_query::Select;

    fn message(matchers: &[(i64, &str, &str)], accepted: &[i64]) -> Vec<u8> {
        let mut query = Vec::new();
        put_integer(&mut query, 1, -5);
        put_integer(&mut query, 2, 7);
        for (operator, label, value) in matchers {
            let mut matcher = Vec::new();
            put_integer(&mut matcher, 1, *operator);
            put_bytes(&mut matcher, 2, label.as_bytes());
            put_bytes(&mut matcher, 3, value.as_bytes());
            put_bytes(&mut query, 3, &matcher);
        }
        put_bytes(&mut query, 4, b"hints");
        let mut message = Vec::new();
        put_bytes(&mut message, 1, &query);
        for kind in accepted {
            message.extend([0x10, *kind as u8]);
        }
        message
    }

    #[test]
    fn a_request_is_answered_in_the_first_kind_that_is_known() {
        let matchers = [(0, "__name__", "up"), (2, "job", "a.*"), (1, "a", "b"), (3, "c", "d")];
        let cases: [(&[i64], _); 5] = [
            (&[], Ok(Kind::Samples)),
            (&[1, 0], Ok(Kind::Chunks)),
            (&[0, 1], Ok(Kind::Samples)),
            (&[9, 1], Ok(Kind::Chunks)),
            (&[9], Err(InvalidRequest::Kind)),
        ];
        for (accepted, expected) in cases {
            let parsed = ReadRequest::parse(&message(&matchers, accepted));
            assert_eq!(parsed.map(|request| request.kind), expected, "{accepted:?}");
        }
        let packed = [message(&matchers, &[]), vec![0x12, 2, 1, 0]].concat();
        let request = ReadRequest::parse(&packed).unwrap();
        assert_eq!(request.kind, Kind::Chunks);
        let query = &request.queries[0];
        assert_eq!((query.start, query.end), (-5, 7));
        assert!(query.matchers.selects("up;job=ab") && !query.matchers.selects("up;a=b;job=ab"));
    }

    #[test]
    fn a_request_over_its_bounds_is_refused() {
        let many = [(0, "a", "b"); MATCHERS + 1];
        let long = "|".repeat(LONGEST + 1);
        for (bytes, error) in [
            (message(&many, &[]), InvalidRequest::TooLarge),
            (message(&[], &[]).repeat(QUERIES + 1), InvalidRequest::TooLarge),
            (message(&many[..40], &[]).repeat(2), InvalidRequest::TooLarge),
            (message(&[], &[0; QUERIES + 1]), InvalidRequest::TooLarge),
            (message(&[(2, "a", &long)], &[]), InvalidRequest::TooLarge),
            (message(&[(0, &long, "b")], &[]), InvalidRequest::TooLarge),
            (message(&[(4, "a", "b")], &[]), InvalidRequest::Broken),
            (vec![0x08, 0x01], InvalidRequest::Broken),
        ] {
            assert_eq!(ReadRequest::parse(&bytes).err(), Some(error));
        }
        assert!(ReadRequest::parse(&message(&many[1..], &[])).is_ok());
        let wrong = ReadRequest::parse(&message(&[(2, "a", "(")], &[]));
        assert!(matches!(wrong, Err(InvalidRequest::Matcher(_))));
    }
}
