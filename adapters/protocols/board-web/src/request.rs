//! The request line: what is asked for.

use crate::refusal::Refusal;
use crate::selection::Selection;

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request<const KEY: usize> {
    pub(crate) resource: Resource,
    pub(crate) selection: Selection<KEY>,
}

/// What there is to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    Page,
    Last,
    Range,
    Metrics,
}

/// Returns the length of the longest request line with its end: for a range of a key of `key` bytes,
/// all of which are percent-encoded.
#[must_use]
pub const fn longest_line(key: usize) -> usize {
    "HEAD /v1/range?key= HTTP/1.1\r\n".len() + "%00".len() * key
}

impl<const KEY: usize> Request<KEY> {
    /// Parses a request line without its line feed.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, Refusal> {
        let (method, rest) = split(line, b' ').ok_or(Refusal::NotHttp)?;
        let (target, version) = split(rest, b' ').ok_or(Refusal::NotHttp)?;
        check_version(version.strip_suffix(b"\r").unwrap_or(version))?;
        if !matches!(method, b"GET" | b"HEAD") {
            return Err(Refusal::BadMethod);
        }
        let (path, query) = split(target, b'?').unwrap_or((target, b""));
        let resource = Resource::at(path).ok_or(Refusal::NoPath)?;
        let selection = Selection::parse(query).ok_or(Refusal::BadParameter)?;
        Ok(Self { resource, selection })
    }
}

fn check_version(version: &[u8]) -> Result<(), Refusal> {
    match version {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', _] => Ok(()),
        [b'H', b'T', b'T', b'P', b'/', _, b'.', _] => Err(Refusal::BadVersion),
        _ => Err(Refusal::NotHttp),
    }
}

impl Resource {
    fn at(path: &[u8]) -> Option<Self> {
        match path {
            b"/" => Some(Self::Page),
            b"/v1/last" => Some(Self::Last),
            b"/v1/range" => Some(Self::Range),
            b"/metrics" => Some(Self::Metrics),
            _ => None,
        }
    }
}

/// Splits at the first byte of a kind, which is in neither part.
fn split(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == at)?;
    let (before, rest) = bytes.split_at_checked(end)?;
    Some((before, rest.get(1..)?))
}
