//! The tags of a series.

use std::collections::BTreeMap;

/// Returns the tags of a key, its name among them.
pub(crate) fn tags(key: &str) -> BTreeMap<String, String> {
    let mut parts = key.split(';');
    let name = parts.next().unwrap_or_default();
    let tags: Option<Vec<_>> = parts.map(|part| part.split_once('=')).collect();
    let is_tag = |(name, value): &(&str, &str)| !name.is_empty() && !value.is_empty();
    let (name, tags) = match tags {
        Some(tags) if tags.iter().all(is_tag) => (name, tags),
        _ => (key, Vec::new()),
    };
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    tags.into_iter().chain([("name", name)]).map(owned).collect()
}

/// Whether a key has tags.
pub(crate) fn is_tagged(key: &str) -> bool {
    key.contains(';')
}
