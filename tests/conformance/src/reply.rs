//! Replies as text, and messages about wrong ones.

/// The reply to a put, and to a get that finds nothing.
pub const OK: &str = "ok\n\n";

/// The reply to any refused request.
pub const WRONG: &str = "error\nwrong command\n\n";

/// Returns the put of a sample whose value is its timestamp.
pub fn put(key: &str, timestamp: i64) -> String {
    format!("put {key} {timestamp} {timestamp}")
}

/// Returns the line of a reply for the sample of [`put`].
pub fn row(key: &str, timestamp: i64) -> String {
    format!("{key} {timestamp}.0 {timestamp}")
}

/// Returns the reply that lists these rows.
pub fn listing(rows: impl IntoIterator<Item = String>) -> String {
    let mut reply = String::from("ok\n");
    for row in rows {
        reply.push_str(&row);
        reply.push('\n');
    }
    reply.push('\n');
    reply
}

/// Returns the reply that lists the samples of [`put`] at these timestamps.
pub fn series(key: &str, timestamps: impl IntoIterator<Item = i64>) -> String {
    listing(timestamps.into_iter().map(|timestamp| row(key, timestamp)))
}

/// Fails unless both are the same bytes, and shows where they begin to differ.
pub fn assert_same(about: &str, expected: &[u8], got: &[u8]) {
    if expected == got {
        return;
    }
    let parting = expected.iter().zip(got).take_while(|(a, b)| a == b).count();
    panic!("{about}\nexpected {}\n     got {}", around(expected, parting), around(got, parting));
}

/// Escapes bytes for a message, and truncates them to a readable length.
pub fn shown(bytes: &[u8]) -> String {
    around(bytes, 0)
}

fn around(bytes: &[u8], place: usize) -> String {
    let start = place.saturating_sub(SHOWN_BEFORE);
    let end = bytes.len().min(place + SHOWN_AFTER);
    let head = if start > 0 { "…" } else { "" };
    let tail = if end < bytes.len() { "…" } else { "" };
    let text = bytes[start..end].escape_ascii();
    let length = bytes.len();
    format!("`{head}{text}{tail}` ({length} bytes)")
}

const SHOWN_BEFORE: usize = 60;
const SHOWN_AFTER: usize = 90;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_shown_around_the_place() {
        let bytes = [b'a'; 1000];
        let expected = format!("`…{}…` (1000 bytes)", "a".repeat(150));
        assert_eq!(around(&bytes, 500), expected);
    }

    #[test]
    fn a_listing_ends_with_an_empty_line() {
        assert_eq!(series("k", [1, 2]), "ok\nk 1.0 1\nk 2.0 2\n\n");
        assert_eq!(listing([]), OK);
    }
}
