//! The key of a path of Graphite, `a.b.c` or `a.b.c;tag=value;tag=value`.

use heapless::Vec;
use metric_proto::{Key, LONGEST_KEY};
use metric_query::{InvalidLabels, Labels, encode_labels, encode_unsorted_labels};

use crate::fault::Fault;

/// Room for a key that is not in the line as it is.
pub(crate) type Room = [u8; LONGEST_KEY];

/// Most tags fit a key if each is as short as can be: `;a=b`.
const MAX_TAGS: usize = LONGEST_KEY / ";a=b".len();

/// Tags with their values.
pub(crate) type Tags<'a> = Vec<(&'a str, &'a str), MAX_TAGS>;

/// Whether a path without white space is its own key, without a closer look: it has no tags, nothing
/// that keys have in another form, and no empty node.
pub(crate) fn is_plain(path: &[u8]) -> bool {
    let others = path.get(1..).unwrap_or_default();
    let special = path.iter().fold(false, |any, byte| any | matches!(byte, b';' | b'=' | b'%'));
    let twice = path.iter().zip(others).fold(false, |any, two| any | (two == (&b'.', &b'.')));
    !(special | twice | path.starts_with(b".") | path.ends_with(b"."))
}

/// Returns the key of a path. Empty nodes are left out, as carbon's files leave them out; tags are
/// sorted.
pub(crate) fn key<'a>(path: &'a [u8], room: &'a mut Room) -> Result<Key<'a>, Fault> {
    let path = str::from_utf8(path).map_err(|_| Fault::Path)?;
    let (name, tags) = path.split_once(';').unwrap_or((path, ""));
    let has_tags = name.len() < path.len();
    // A `%` of a path is only itself, whatever follows it.
    let is_literal = is_plain(name.as_bytes()) && !tags.contains('%');
    if has_tags && is_literal && Labels::canonical(path).is_some() {
        return Key::new(path).map_err(|_| Fault::LongKey);
    }
    let mut nodes = [0; LONGEST_KEY];
    let name = full_nodes(name, &mut nodes)?;
    if !has_tags {
        return encode_labels(name, [], room).map_err(refusal);
    }
    let mut found = Tags::new();
    for pair in tags.split(';') {
        let tag = pair.split_once('=').ok_or(Fault::Tags)?;
        found.push(tag).map_err(|_| Fault::LongKey)?;
    }
    encode_unsorted_labels(name, &mut found, room).map_err(refusal)
}

pub(crate) fn refusal(error: InvalidLabels) -> Fault {
    match error {
        InvalidLabels::Empty | InvalidLabels::Unsorted => Fault::Tags,
        InvalidLabels::TooLong => Fault::LongKey,
    }
}

/// Returns a name without its empty nodes.
fn full_nodes<'a>(name: &'a str, room: &'a mut Room) -> Result<&'a str, Fault> {
    if name.is_empty() {
        return Err(Fault::Path);
    }
    if !name.starts_with('.') && !name.ends_with('.') && !name.contains("..") {
        return Ok(name);
    }
    let mut length = 0;
    for node in name.split('.').filter(|node| !node.is_empty()) {
        for part in [if length == 0 { "" } else { "." }, node] {
            let place = room.get_mut(length..length + part.len()).ok_or(Fault::LongKey)?;
            place.copy_from_slice(part.as_bytes());
            length += part.len();
        }
    }
    match room.get(..length).map(str::from_utf8) {
        Some(Ok("")) | None | Some(Err(_)) => Err(Fault::Path),
        Some(Ok(name)) => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_key_whatever_the_order_of_its_tags() {
        let long = "k".repeat(LONGEST_KEY);
        for (path, expected) in [
            ("palm.cpu", "palm.cpu"),
            ("a..b", "a.b"),
            (".a...b.", "a.b"),
            ("cpu%", "cpu%25"),
            ("a=b", "a%3Db"),
            ("*", "%2A"),
            ("a.*", "a.*"),
            ("disk;b=2;a=1", "disk;a=1;b=2"),
            ("disk;a=1;b=2", "disk;a=1;b=2"),
            (".disk;a=1", "disk;a=1"),
            ("disk;a=x=y", "disk;a=x%3Dy"),
            ("disk;a=50%", "disk;a=50%25"),
            ("disk;a=%25", "disk;a=%2525"),
            ("disk%;a=1", "disk%25;a=1"),
            ("d;name=x", "d;name=x"),
            ("ключ;я=ы", "ключ;я=ы"),
            ("a\u{a0}b", "a%C2%A0b"),
            (&long, &long),
        ] {
            let mut room = [0; LONGEST_KEY];
            let key = key(path.as_bytes(), &mut room).map(Key::as_str);
            assert_eq!(key, Ok(expected), "{path}");
        }
    }

    #[test]
    fn what_is_no_path_is_told_by_its_fault() {
        let long = "k".repeat(LONGEST_KEY + 1);
        let tagged = format!("{};a=1", &long[3..]);
        let many: String = (0..300).map(|tag| format!(";{tag}=1")).collect();
        for (path, fault) in [
            (&b""[..], Fault::Path),
            (b".", Fault::Path),
            (b"...", Fault::Path),
            (b";a=1", Fault::Path),
            (b"a\xff", Fault::Path),
            (b"a;", Fault::Tags),
            (b"a;b", Fault::Tags),
            (b"a;=1", Fault::Tags),
            (b"a;b=", Fault::Tags),
            (b"a;b=1;", Fault::Tags),
            (b"a;b=1;b=1", Fault::Tags),
            (b"a;b=1;c=1;b=2", Fault::Tags),
            (long.as_bytes(), Fault::LongKey),
            (tagged.as_bytes(), Fault::LongKey),
            (format!("a{many}").as_bytes(), Fault::LongKey),
        ] {
            let path_text = String::from_utf8_lossy(path);
            assert_eq!(key(path, &mut [0; LONGEST_KEY]), Err(fault), "{path_text}");
        }
    }

    #[test]
    fn a_plain_path_is_its_own_key() {
        for path in
            ["a", "palm.cpu", "a.b-c_d:1", "", ".", "a.", ".a", "a..b", "a;b=1", "a%", "a=b"]
        {
            let mut room = [0; LONGEST_KEY];
            let same = key(path.as_bytes(), &mut room).map(Key::as_str) == Ok(path);
            assert!(!is_plain(path.as_bytes()) || same || path.is_empty(), "{path}");
        }
        assert!(is_plain(b"palm.cpu") && !is_plain(b"a..b") && !is_plain(b"a;b=1"));
    }
}
