//! Keys.

use metric_proto::{InvalidKey, Key};

entries! {
    /// Any text.
    fn key_new(name: &'static str) -> Result<Key<'static>, InvalidKey> {
        Key::new(name)
    }

    /// Any bytes.
    fn key_from_bytes(name: &'static [u8]) -> Result<Key<'static>, InvalidKey> {
        Key::from_bytes(name)
    }

    /// The text of a key.
    fn key_as_str(key: Key<'static>) -> &'static str {
        key.as_str()
    }
}
