//! The tags of a key.

use std::collections::BTreeMap;

use metric_query::Labels;

/// Returns the tags of a key, its name among them.
pub(crate) fn tags(key: &str) -> BTreeMap<String, String> {
    let labels = Labels::of(key);
    let tags = labels.tags().map(|(tag, value)| (tag.to_string(), value.to_string()));
    tags.chain([("name".to_owned(), labels.name().to_string())]).collect()
}

/// Whether a key or a pattern has tags, and so is in no tree.
pub(crate) fn is_tagged(key: &str) -> bool {
    key.contains(';')
}
