//! Where in the order of keys the next key may stand that a pattern matches.

use super::Glob;
use super::states::{LONG, SHORT, States, is_long};
use super::token::One;

impl<T: AsRef<str>> Glob<T> {
    /// Returns a lower bound of the keys that it matches and that are not before `from`; `None` if
    /// there are none. A search for keys continues there.
    ///
    /// The bound is `from` itself or in the buffer. It is not before `from`. A buffer that is too
    /// small for it makes it smaller, never wrong.
    ///
    /// ```
    /// # use metric_query::Glob;
    /// let (glob, mut buffer) = (Glob::new("site*.cpu")?, [0; 64]);
    /// assert_eq!(glob.seek(b"", &mut buffer), Some(&b"site"[..]));
    /// assert_eq!(glob.seek(b"site3.a", &mut buffer), Some(&b"site3.cpu"[..]));
    /// assert_eq!(glob.seek(b"site3.disk", &mut buffer), Some(&b"site3/"[..]));
    /// assert_eq!(glob.seek(b"t", &mut buffer), None);
    /// # Ok::<(), metric_query::InvalidPattern>(())
    /// ```
    pub fn seek<'a>(&self, from: &'a [u8], buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        if is_long(self.as_str().len()) {
            self.seek_by::<LONG>(from, buffer)
        } else {
            self.seek_by::<SHORT>(from, buffer)
        }
    }

    fn seek_by<'a, const WORDS: usize>(
        &self,
        from: &'a [u8],
        buffer: &'a mut [u8],
    ) -> Option<&'a [u8]> {
        let Ok(text) = core::str::from_utf8(from) else { return Some(from) };
        let (states, length, next) = match self.furthest::<WORDS>(text) {
            Furthest::All(states) => (states, text.len(), None),
            Furthest::Part(states, length, next) => (states, length, Some(next)),
            Furthest::Nothing => return None,
        };
        let Some(place) = buffer.get_mut(..length) else { return Some(from) };
        place.copy_from_slice(from.get(..length)?);
        let end = match next {
            Some(next) => match append(buffer, length, next) {
                Some(end) => self.forced(self.step(states, next), buffer, end),
                None => return Some(from),
            },
            None => self.forced(states, buffer, length),
        };
        buffer.get(..end)
    }

    /// Goes along the text as far as a key may begin with it.
    fn furthest<const WORDS: usize>(&self, text: &str) -> Furthest<WORDS> {
        let mut states = States::one(0);
        let mut turn = Furthest::Nothing;
        for (at, character) in text.char_indices() {
            let (mut next, mut after) = (States::NONE, None);
            let before = states;
            self.each(&mut states, |one, to| {
                let Some(one) = one else { return };
                if one.has(character) {
                    next.insert(to);
                }
                let greater = one.after(character);
                after = after.into_iter().chain(greater).min();
            });
            if let Some(after) = after {
                turn = Furthest::Part(before, at, after);
            }
            if next.is_empty() {
                return turn;
            }
            states = next;
        }
        Furthest::All(states)
    }

    fn step<const WORDS: usize>(
        &self,
        mut states: States<WORDS>,
        character: char,
    ) -> States<WORDS> {
        let mut next = States::NONE;
        self.each(&mut states, |one, to| {
            if one.is_some_and(|one| one.has(character)) {
                next.insert(to);
            }
        });
        next
    }

    /// Appends the characters that must follow. Returns the new length.
    fn forced<const WORDS: usize>(
        &self,
        mut states: States<WORDS>,
        buffer: &mut [u8],
        mut length: usize,
    ) -> usize {
        while let Some(literal) = self.only(&mut states)
            && let Some(end) = append(buffer, length, literal)
        {
            states = self.step(states, literal);
            length = end;
        }
        length
    }

    /// Returns the only character that can follow, if it is a literal one.
    fn only<const WORDS: usize>(&self, states: &mut States<WORDS>) -> Option<char> {
        let (mut only, mut others) = (None, false);
        self.each(states, |one, _| match one {
            Some(One::Literal(literal)) => {
                others |= only.replace(literal).is_some_and(|it| it != literal);
            }
            _ => others = true,
        });
        only.filter(|_| !others)
    }
}

/// How far a key may begin with a text.
enum Furthest<const WORDS: usize> {
    /// With all of it. The states are those behind it.
    All(States<WORDS>),
    /// With so many bytes of it and then this character or a greater one. The states are those
    /// between.
    Part(States<WORDS>, usize, char),
    /// No key that is not before the text is matched.
    Nothing,
}

/// Writes a character at `length`, if there is room. Returns the new length.
fn append(buffer: &mut [u8], length: usize, character: char) -> Option<usize> {
    let end = length + character.len_utf8();
    character.encode_utf8(buffer.get_mut(length..end)?);
    Some(end)
}
