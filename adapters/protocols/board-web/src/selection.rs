//! Which series a request is about.

use metric_query::Select;

/// One series, or all of them if its key is empty.
#[derive(Clone, Debug)]
pub(crate) struct Selection<const KEY: usize> {
    key: [u8; KEY],
    length: usize,
}

impl<const KEY: usize> Selection<KEY> {
    pub(crate) const ALL: Self = Self { key: [0; KEY], length: 0 };

    /// Reads the query of a target: `key=` and a key, or nothing. Returns `None` if it is anything
    /// else, or the key is empty, not percent-encoded, or longer than any key.
    pub(crate) fn parse(query: &[u8]) -> Option<Self> {
        let mut selection = Self::ALL;
        if query.is_empty() {
            return Some(selection);
        }
        let mut rest = query.strip_prefix(b"key=")?.iter();
        while let Some(byte) = rest.next() {
            selection.push(match byte {
                b'&' => return None,
                b'%' => digit(rest.next()?)? << 4 | digit(rest.next()?)?,
                // Forms write a blank so. No key has one.
                b'+' => b' ',
                byte => *byte,
            })?;
        }
        (selection.length > 0).then_some(selection)
    }

    fn push(&mut self, byte: u8) -> Option<()> {
        *self.key.get_mut(self.length)? = byte;
        self.length = self.length.saturating_add(1);
        Some(())
    }

    /// Returns the key of the only series.
    fn only(&self) -> Option<&[u8]> {
        self.key.get(..self.length).filter(|key| !key.is_empty())
    }
}

/// Reads a hexadecimal digit.
fn digit(byte: &u8) -> Option<u8> {
    char::from(*byte).to_digit(16).map(|digit| digit as u8)
}

impl<const KEY: usize> Select for Selection<KEY> {
    fn selects(&self, key: &str) -> bool {
        self.only().is_none_or(|only| only == key.as_bytes())
    }

    fn seek<'a>(&self, from: &'a [u8], buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        let Some(only) = self.only() else { return Some(from) };
        if only < from {
            return None;
        }
        let place = buffer.get_mut(..only.len())?;
        place.copy_from_slice(only);
        Some(place)
    }

    fn steps(&self) -> usize {
        1
    }
}
