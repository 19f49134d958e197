//! The target of a request: a path and its parameters.

use std::fmt::Write;

/// A path, and parameters behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target(String);

/// The longest target that servers take, in bytes.
const LONGEST: usize = 8 * 1024;

impl Target {
    pub(crate) fn new(path: &str) -> Self {
        Self(path.to_owned())
    }

    /// Adds a parameter.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push(if self.0.contains('?') { '&' } else { '?' });
        self.0.push_str(name);
        self.0.push('=');
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    self.0.push(char::from(byte));
                }
                // Writing to a string does not fail.
                _ => drop(write!(self.0, "%{byte:02X}")),
            }
        }
        self
    }

    /// Adds a parameter if there is a value.
    #[must_use]
    pub(crate) fn with_some(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, &value.to_string()),
            None => self,
        }
    }

    /// Whether servers refuse it because it names too many series.
    pub(crate) fn is_too_long(&self) -> bool {
        self.0.len() > LONGEST
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_encoded_whatever_is_in_it() {
        let target = Target::new("/v1/range")
            .with("key", "a+b&c=d%\u{e9}#?\"'/")
            .with_some("from", Some(-3))
            .with_some("until", None::<i64>);
        let expected = "/v1/range?key=a%2Bb%26c%3Dd%25%C3%A9%23%3F%22%27%2F&from=-3";
        assert_eq!(target.as_str(), expected);
    }
}
