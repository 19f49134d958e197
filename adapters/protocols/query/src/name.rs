//! Where a search is in the order of keys.

/// Some bytes of up to `KEY`, such as a key.
#[derive(Clone, Debug)]
pub(crate) struct Name<const KEY: usize> {
    bytes: [u8; KEY],
    length: usize,
}

impl<const KEY: usize> Name<KEY> {
    pub(crate) const EMPTY: Self = Self { bytes: [0; KEY], length: 0 };

    /// Takes a name; returns whether there is room for it.
    pub(crate) fn set(&mut self, name: &[u8]) -> bool {
        let Some(place) = self.bytes.get_mut(..name.len()) else { return false };
        place.copy_from_slice(name);
        self.length = name.len();
        true
    }

    /// Appends a byte; returns whether there is room for it.
    pub(crate) fn push(&mut self, byte: u8) -> bool {
        let Some(place) = self.bytes.get_mut(self.length) else { return false };
        *place = byte;
        self.length += 1;
        true
    }

    /// Keeps the first bytes.
    pub(crate) fn cut(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Becomes the least name that is greater than all that begin as the given one does, which may
    /// be too long.
    pub(crate) fn pass(&mut self, name: &[u8]) {
        self.set(name.get(..KEY).unwrap_or(name));
        let last = self.bytes.get_mut(..self.length).and_then(<[u8]>::last_mut);
        // No byte of a key is the largest one.
        if let Some(last) = last {
            *last = last.saturating_add(1);
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}
