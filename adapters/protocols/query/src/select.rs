//! Which series a query is about.

use core::ops::Deref;

use metric_proto::Key;

use crate::glob::Glob;

/// Selects series by their keys.
pub trait Select {
    /// Whether a key is selected.
    fn selects(&self, key: &str) -> bool;

    /// Returns a lower bound of the selected keys that are not before `from`, as
    /// [`Glob::seek`] does; `None` if there are none.
    fn seek<'a>(&self, from: &'a [u8], buffer: &'a mut [u8]) -> Option<&'a [u8]>;

    /// Returns about how many steps a character of a key takes at most, so that a turn is not
    /// longer with a hostile pattern.
    fn steps(&self) -> usize;
}

/// One of the ways in which a request selects series.
#[derive(Clone, Debug)]
pub enum Matcher<T> {
    /// All series.
    All,
    /// The series of exactly this key.
    Key(T),
    /// The series whose keys match.
    Glob(Glob<T>),
}

/// Selects what any of some selectors does, such as those in a `Vec`. An empty one selects nothing.
#[derive(Clone, Debug)]
pub struct AnyOf<C>(pub C);

impl<T: AsRef<str>> Select for Glob<T> {
    fn selects(&self, key: &str) -> bool {
        self.matches(key)
    }

    fn seek<'a>(&self, from: &'a [u8], buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        self.seek(from, buffer)
    }

    fn steps(&self) -> usize {
        self.as_str().len()
    }
}

impl Select for Key<'_> {
    fn selects(&self, key: &str) -> bool {
        self.as_bytes() == key.as_bytes()
    }

    fn seek<'a>(&self, from: &'a [u8], buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        seek_key(self.as_bytes(), from, buffer)
    }

    fn steps(&self) -> usize {
        1
    }
}

/// Returns the only key if it is not before `from`.
fn seek_key<'a>(key: &[u8], from: &'a [u8], buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    if key < from {
        return None;
    }
    let Some(place) = buffer.get_mut(..key.len()) else { return Some(from) };
    place.copy_from_slice(key);
    Some(place)
}

impl<T: AsRef<str>> Select for Matcher<T> {
    fn selects(&self, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Key(only) => only.as_ref() == key,
            Self::Glob(glob) => glob.matches(key),
        }
    }

    fn seek<'a>(&self, from: &'a [u8], buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        match self {
            Self::All => Some(from),
            Self::Key(only) => seek_key(only.as_ref().as_bytes(), from, buffer),
            Self::Glob(glob) => glob.seek(from, buffer),
        }
    }

    fn steps(&self) -> usize {
        match self {
            Self::All | Self::Key(_) => 1,
            Self::Glob(glob) => glob.steps(),
        }
    }
}

impl<S: Select + ?Sized> Select for &S {
    fn selects(&self, key: &str) -> bool {
        (**self).selects(key)
    }

    fn seek<'a>(&self, from: &'a [u8], buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        (**self).seek(from, buffer)
    }

    fn steps(&self) -> usize {
        (**self).steps()
    }
}

impl<S: Select, C: Deref<Target = [S]>> Select for AnyOf<C> {
    fn selects(&self, key: &str) -> bool {
        self.0.selects(key)
    }

    fn seek<'a>(&self, from: &'a [u8], buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        self.0.seek(from, buffer)
    }

    fn steps(&self) -> usize {
        self.0.steps()
    }
}

impl<S: Select> Select for [S] {
    fn selects(&self, key: &str) -> bool {
        self.iter().any(|one| one.selects(key))
    }

    fn seek<'a>(&self, from: &'a [u8], buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        if let [only] = self {
            return only.seek(from, buffer);
        }
        let mut best = None;
        for one in self {
            let mut other = [0; metric_proto::LONGEST_KEY];
            let Some(found) = one.seek(from, &mut other) else { continue };
            if best.is_some_and(|length| buffer.get(..length) <= Some(found)) {
                continue;
            }
            let Some(place) = buffer.get_mut(..found.len()) else { return Some(from) };
            place.copy_from_slice(found);
            best = Some(found.len());
        }
        buffer.get(..best?)
    }

    fn steps(&self) -> usize {
        self.iter().map(Select::steps).sum()
    }
}

impl<S: Select, const N: usize> Select for [S; N] {
    fn selects(&self, key: &str) -> bool {
        self.as_slice().selects(key)
    }

    fn seek<'a>(&self, from: &'a [u8], buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        self.as_slice().seek(from, buffer)
    }

    fn steps(&self) -> usize {
        self.as_slice().steps()
    }
}
