//! The model's parser of requests.

use super::Bounds;
use super::value::parse_value;

/// A request.
#[derive(Clone, Copy, Debug)]
pub enum Request<'a> {
    /// Stores a value of a key at a timestamp.
    Put(&'a str, f64, i64),
    /// Lists the samples of a key.
    Get(&'a str),
    /// Lists all samples.
    GetAll,
}

/// Parses a line without its line end. Returns `None` if it is not a request.
pub fn parse<'a>(line: &'a [u8], bounds: &Bounds) -> Option<Request<'a>> {
    if line.len() > bounds.line {
        return None;
    }
    let text = str::from_utf8(line).ok()?;
    let fields: Vec<&str> = text.split(' ').collect();
    match fields[..] {
        ["put", key, value, timestamp] if is_key(key, bounds) => {
            Some(Request::Put(key, parse_value(value)?, parse_timestamp(timestamp)?))
        }
        ["get", "*"] => Some(Request::GetAll),
        ["get", key] if is_key(key, bounds) => Some(Request::Get(key)),
        _ => None,
    }
}

pub(super) fn is_key(text: &str, bounds: &Bounds) -> bool {
    let fits = !text.is_empty() && text.len() <= bounds.key;
    fits && text.chars().all(is_key_char) && text != "*"
}

/// The grammar's `key-char`, range by range. It uses no Unicode table, since the core uses one.
fn is_key_char(letter: char) -> bool {
    matches!(letter,
        '\x21'..='\x7E'
        | '\u{A1}'..='\u{167F}'
        | '\u{1681}'..='\u{1FFF}'
        | '\u{200B}'..='\u{2027}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2030}'..='\u{205E}'
        | '\u{2060}'..='\u{2FFF}'
        | '\u{3001}'..='\u{D7FF}'
        | '\u{E000}'..='\u{10FFFF}')
}

pub(super) fn parse_timestamp(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}
