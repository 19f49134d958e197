//! Keys as labels: `name;tag=value;tag=value`, so that Graphite, Prometheus and the native protocol
//! see one series.
//!
//! A key has tags only in canonical form:
//!
//! - The tags are in ascending order of the bytes of their names, and each name is there once.
//! - The name, the tags and the values are not empty.
//! - White space, control characters, `;`, `=` and `%` are written as `%XX`, a pair of capital
//!   hexadecimal digits for each byte of their UTF-8, and so is a name that is `*` alone. Nothing
//!   else is.
//!
//! Any other key is all name, as it is. So labels of any text are kept, and two sets of labels never
//! share a key.

mod encode;
mod escape;
mod text;

use self::escape::STAR;

pub use self::encode::{InvalidLabels, encode_labels, encode_unsorted_labels};
pub use self::text::LabelText;

/// The labels of a key. It borrows the key.
///
/// ```
/// use metric_query::Labels;
///
/// let labels = Labels::of("http.requests;path=/a%3Bb;status=200");
/// assert_eq!(labels.name(), "http.requests");
/// assert!(labels.tags().map(|(tag, _)| tag).eq(["path", "status"]));
/// assert_eq!(labels.tag("path").unwrap(), "/a;b");
/// assert_eq!(Labels::of("a;b").name(), "a;b");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    name: LabelText<'a>,
    /// The rest of the key, in canonical form, without the first `;`.
    tags: &'a str,
}

impl<'a> Labels<'a> {
    /// Returns the labels of a key.
    #[must_use]
    pub fn of(key: &'a str) -> Self {
        Self::canonical(key).unwrap_or(Self { name: LabelText::from(key), tags: "" })
    }

    /// Returns the labels of a key that is in canonical form, with tags or without.
    #[must_use]
    pub fn canonical(key: &'a str) -> Option<Self> {
        let (name, rest) =
            key.split_once(';').map_or((key, None), |(name, tags)| (name, Some(tags)));
        let name = match name {
            "*" => return None,
            STAR => LabelText::encoded(STAR),
            name => LabelText::canonical(name)?,
        };
        let tags = rest.unwrap_or_default();
        if rest.is_some() && !are_canonical(tags) {
            return None;
        }
        Some(Self { name, tags })
    }

    /// Returns the name.
    #[must_use]
    pub const fn name(&self) -> LabelText<'a> {
        self.name
    }

    /// Returns the tags with their values, in ascending order of the bytes of the tags.
    pub fn tags(&self) -> impl Iterator<Item = (LabelText<'a>, LabelText<'a>)> + Clone + use<'a> {
        Tags { rest: self.tags }
    }

    /// Returns the value of a tag. It is never empty.
    #[must_use]
    pub fn tag(&self, name: &str) -> Option<LabelText<'a>> {
        self.tags().find_map(|(tag, value)| (tag == *name).then_some(value))
    }
}

#[derive(Clone, Debug)]
struct Tags<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Tags<'a> {
    type Item = (LabelText<'a>, LabelText<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (pair, rest) = self.rest.split_once(';').unwrap_or((self.rest, ""));
        let (tag, value) = pair.split_once('=')?;
        self.rest = rest;
        Some((LabelText::encoded(tag), LabelText::encoded(value)))
    }
}

/// Whether this is a list of tags and values in canonical form, behind the first `;`.
fn are_canonical(tags: &str) -> bool {
    let mut last = None;
    tags.split(';').all(|pair| {
        let Some((tag, value)) = pair.split_once('=') else { return false };
        let (Some(tag), Some(_)) = (LabelText::canonical(tag), LabelText::canonical(value)) else {
            return false;
        };
        last.replace(tag) < Some(tag)
    })
}

#[cfg(test)]
mod tests;
