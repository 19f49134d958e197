//! The model's grammar: a line is a request, or it is nothing.

use super::Bounds;
use super::value::parse_value;

pub(super) enum Request<'a> {
    Put(&'a str, f64, i64),
    Get(&'a str),
    GetAll,
}

pub(super) fn parse<'a>(line: &'a [u8], bounds: &Bounds) -> Option<Request<'a>> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
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

fn is_key(text: &str, bounds: &Bounds) -> bool {
    let fits = !text.is_empty() && text.len() <= bounds.key;
    let clean = !text.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    fits && clean && text != "*"
}

fn parse_timestamp(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}
