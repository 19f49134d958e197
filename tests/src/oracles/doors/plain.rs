//! Plain readers of lines and a plain writer of pickles, which look at one rule after the other.

use std::collections::{BTreeMap, BTreeSet};

/// A sample with its key.
pub(super) struct Plain {
    pub(super) key: String,
    pub(super) time: i64,
    pub(super) value: f64,
}

/// Reads `path value time`.
pub(super) fn graphite_line(line: &str, per_second: i64, now: i64) -> Option<Plain> {
    let fields: Vec<_> = line.split_ascii_whitespace().collect();
    let [path, value, time] = fields[..] else { return None };
    let (name, rest) = path.split_once(';').unwrap_or((path, ""));
    let nodes: Vec<_> = name.split('.').filter(|node| !node.is_empty()).collect();
    let tags = if path.contains(';') { tags(rest.split(';'))? } else { BTreeMap::new() };
    let seconds = match time {
        "N" => Time::Now,
        time => seconds(time)?,
    };
    let time = match seconds {
        Time::Now => now.checked_mul(per_second)?,
        Time::At(digits, places) => floor(digits, places, per_second)?,
    };
    Some(Plain { key: key(&nodes.join("."), &tags)?, time, value: finite(value)? })
}

/// Reads `put name time value tag=value`.
pub(super) fn opentsdb_line(line: &str, per_second: i64) -> Option<Plain> {
    let fields: Vec<_> = line.split([' ', '\t']).filter(|field| !field.is_empty()).collect();
    let ["put", name, time, value, ref tag_texts @ ..] = fields[..] else { return None };
    if tag_texts.is_empty() || tag_texts.iter().any(|tag| tag.matches('=').count() != 1) {
        return None;
    }
    // A tag that is there twice with one value is there once.
    let different: BTreeSet<_> = tag_texts.iter().copied().collect();
    let tags = tags(different.into_iter())?;
    if !time.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
    let number: i64 = whole.parse().ok()?;
    let time = match (number >= 1 << 32, fraction) {
        (true, "") => floor(number.into(), 3, per_second)?,
        (false, "") if number == 0 => return None,
        (true, _) => return None,
        (false, _) => match seconds(time)? {
            Time::At(digits, places) => floor(digits, places, per_second)?,
            Time::Now => return None,
        },
    };
    Some(Plain { key: key(name, &tags)?, time, value: finite(value)? })
}

fn tags<'a>(pairs: impl Iterator<Item = &'a str>) -> Option<BTreeMap<&'a str, &'a str>> {
    let mut tags = BTreeMap::new();
    for pair in pairs {
        let (tag, value) = pair.split_once('=')?;
        if tag.is_empty() || value.is_empty() || tags.insert(tag, value).is_some() {
            return None;
        }
    }
    Some(tags)
}

/// Writes a key in canonical form.
fn key(name: &str, tags: &BTreeMap<&str, &str>) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    let mut key = if name == "*" { "%2A".to_owned() } else { escaped(name) };
    for (tag, value) in tags {
        key += &format!(";{}={}", escaped(tag), escaped(value));
    }
    Some(key)
}

fn escaped(text: &str) -> String {
    let escape = |character: char| {
        if character.is_whitespace() || character.is_control() || ";=%".contains(character) {
            let mut bytes = [0; 4];
            let bytes = character.encode_utf8(&mut bytes).bytes();
            bytes.map(|byte| format!("%{byte:02X}")).collect()
        } else {
            character.to_string()
        }
    };
    text.chars().map(escape).collect()
}

fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

enum Time {
    Now,
    /// Digits, and how many of them are behind the point.
    At(i128, u32),
}

/// The most digits that are looked at: enough for a nanosecond, far away.
const DIGITS: usize = 35;

/// Reads seconds with an optional sign, point and exponent.
fn seconds(text: &str) -> Option<Time> {
    if text.contains(['e', 'E']) {
        let value: f64 = text.parse().ok()?;
        return (value.abs() < 1e19).then(|| seconds(&format!("{value}")))?;
    }
    let is_negative = text.starts_with('-');
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() > 19 {
        return None;
    }
    if is_negative && whole == "1" {
        return Some(Time::Now);
    }
    // A digit behind those that are looked at matters only in that it is there.
    let (front, rest) = fraction.split_at(fraction.len().min(DIGITS - 20));
    let rest = if rest.bytes().any(|byte| byte != b'0') { "1" } else { "" };
    let digits = format!("0{whole}{front}{rest}").parse::<i128>().ok()?;
    let places = (front.len() + rest.len()) as u32;
    // Whole seconds of a decimal are of 64 bits.
    i64::try_from(digits / 10_i128.pow(places)).ok().or_else(|| {
        (is_negative && fraction.is_empty() && digits == 1 << 63).then_some(i64::MIN)
    })?;
    Some(Time::At(if is_negative { -digits } else { digits }, places))
}

/// Returns the timestamp of a decimal number of seconds, rounded down.
fn floor(digits: i128, places: u32, per_second: i64) -> Option<i64> {
    let scaled = digits.checked_mul(per_second.into())?;
    i64::try_from(scaled.div_euclid(10_i128.pow(places))).ok()
}

/// How a pickle is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form {
    /// With opcodes of text, as by protocol 0, and values as text.
    Text,
    /// With opcodes of bytes, all samples appended at once, and a memo.
    Bytes,
    /// With the opcodes of protocol 4.
    Framed,
}

pub(super) const FORMS: [Form; 3] = [Form::Text, Form::Bytes, Form::Framed];

/// Writes a list of samples.
pub(super) fn pickle(samples: &[(String, i64, f64)], form: Form) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(match form {
        Form::Text => b"(lp0\n",
        Form::Bytes => b"\x80\x02]q\0(",
        Form::Framed => b"\x80\x04\x95\0\0\0\0\0\0\0\0]\x94(",
    });
    for (number, (key, time, value)) in samples.iter().enumerate() {
        let length = key.len() as u8;
        match form {
            Form::Text => {
                let memo = number + 1;
                out.extend(format!("(S'{key}'\np{memo}\n(L{time}L\nS'{value:e}'\ntta").bytes());
            }
            Form::Bytes => {
                out.extend([&[b'U', length], key.as_bytes(), b"r"].concat());
                out.extend((number as u32 + 1).to_le_bytes());
                out.extend([&b"\x8a\x08"[..], &time.to_le_bytes(), b"G"].concat());
                out.extend([&value.to_be_bytes()[..], b"\x86\x86"].concat());
            }
            Form::Framed => {
                out.extend([&[0x8c, length], key.as_bytes(), b"\x94G"].concat());
                out.extend((*time as f64).to_be_bytes());
                out.extend([&b"G"[..], &value.to_be_bytes(), b"\x86\x94\x86\x94"].concat());
            }
        }
    }
    out.extend_from_slice(if form == Form::Text { b"." } else { b"e." });
    out
}
