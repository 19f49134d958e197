//! JSON as Prometheus' API has it.

use hyper::StatusCode;

/// Appends a text.
pub(crate) fn quote(json: &mut String, text: &str) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            '<' | '\u{2028}' | '\u{2029}' | '\0'..='\x1f' | '\x7f' => {
                json.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => json.push(character),
        }
    }
    json.push('"');
}

/// Returns what Prometheus calls an error with this status.
pub(crate) fn error_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        422 => "execution",
        503 => "unavailable",
        404 => "not_found",
        _ => "bad_data",
    }
}
