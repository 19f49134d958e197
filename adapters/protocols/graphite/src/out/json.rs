//! JSON, written by hand: there is little of it, and much at once.

use std::fmt::{Display, Write};

pub(crate) use metric_web::quote;

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
