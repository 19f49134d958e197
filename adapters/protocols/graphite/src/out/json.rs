//! JSON, written by hand: there is little of it, and much at once.

use std::fmt::{Display, Write};

/// Appends a text in quotes. Nothing in it can end a script of a web page.
pub(crate) fn quote(json: &mut String, text: &str) {
    json.push('"');
    for one in text.chars() {
        match one {
            '"' | '\\' => json.extend(['\\', one]),
            '<' | '\u{2028}' | '\u{2029}' | '\0'..='\x1f' | '\x7f' => {
                let _ = write!(json, "\\u{:04x}", u32::from(one));
            }
            _ => json.push(one),
        }
    }
    json.push('"');
}

/// Writes a list of texts.
pub(crate) fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    list(texts, quote)
}

/// Writes a list.
pub(crate) fn list<T>(
    items: impl IntoIterator<Item = T>,
    write: impl Fn(&mut String, T),
) -> String {
    let mut json = String::from("[");
    for (index, item) in items.into_iter().enumerate() {
        json.push_str(if index > 0 { ", " } else { "" });
        write(&mut json, item);
    }
    json.push(']');
    json
}

/// Appends a field of an object, whose value is JSON.
pub(crate) fn field(json: &mut String, name: &str, value: impl Display) {
    if !json.ends_with('{') {
        json.push_str(", ");
    }
    quote(json, name);
    let _ = write!(json, ": {value}");
}

/// Appends a field of an object, whose value is a text.
pub(crate) fn text_field(json: &mut String, name: &str, text: &str) {
    let mut value = String::new();
    quote(&mut value, text);
    field(json, name, value);
}
