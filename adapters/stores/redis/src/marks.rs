//! Where scans of a handle stopped. A position has room for a number only, which stands for a key.

use std::collections::VecDeque;

use metric_proto::{Position, Resume};

/// How many are remembered. A position that is older shows nothing more, so the scan is refused.
const REMEMBERED: usize = 16;

/// The number in positions of a scan of one key.
const KEYED: u64 = Position::MAX_SERIES - 1;

/// Where a scan goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Start,
    /// In this series, from a timestamp to another.
    In {
        key: Box<[u8]>,
        next: i64,
        last: i64,
    },
    /// At the first key behind this.
    Behind(Box<[u8]>),
}

/// The keys of positions.
#[derive(Debug)]
pub(crate) struct Marks {
    store: u16,
    next: u64,
    keys: VecDeque<Mark>,
}

#[derive(Debug)]
struct Mark {
    number: u64,
    key: Box<[u8]>,
    is_passed: bool,
}

impl Marks {
    pub(crate) fn new() -> Self {
        Self { store: fastrand::u16(..), next: 0, keys: VecDeque::new() }
    }

    /// Returns the position of a place in a scan of one key: it need not be remembered.
    pub(crate) fn keyed(&self, place: &Place) -> Position {
        match place {
            Place::Start => Position::START,
            Place::In { next, last, .. } => self.at(KEYED, *next, *last),
            // Nothing is behind it.
            Place::Behind(_) => self.at(KEYED, i64::MAX, i64::MIN),
        }
    }

    fn at(&self, series: u64, next: i64, last: i64) -> Position {
        Position::new(self.store, Resume { series, next, last })
    }

    /// Returns the position of a place.
    pub(crate) fn position(&mut self, place: &Place) -> Position {
        let (key, next, last, is_passed) = match place {
            Place::Start => return Position::START,
            Place::In { key, next, last } => (key, *next, *last, false),
            Place::Behind(key) => (key, 0, 0, true),
        };
        let is_same = |mark: &Mark| mark.key == *key && mark.is_passed == is_passed;
        if !self.keys.back().is_some_and(is_same) {
            if self.keys.len() == REMEMBERED {
                self.keys.pop_front();
            }
            self.keys.push_back(Mark { number: self.next, key: key.clone(), is_passed });
            self.next += 1;
        }
        self.at(self.next - 1, next, last)
    }

    /// Returns the place of a position in a scan, perhaps of one key: `None` for one of another store.
    ///
    /// # Errors
    ///
    /// [`Forgotten`] if there were too many since.
    pub(crate) fn place(
        &self,
        position: Position,
        key: Option<&[u8]>,
    ) -> Result<Option<Place>, Forgotten> {
        if position.is_start() {
            return Ok(Some(Place::Start));
        }
        let Some(Resume { series, next, last }) = position.resume(self.store) else {
            return Ok(None);
        };
        if series == KEYED {
            return Ok(key.map(|key| Place::In { key: key.into(), next, last }));
        }
        let mark = self.keys.iter().find(|mark| mark.number == series).ok_or(Forgotten)?;
        let key = mark.key.clone();
        Ok(Some(if mark.is_passed { Place::Behind(key) } else { Place::In { key, next, last } }))
    }

    /// Has scans that are in a series go on behind it.
    pub(crate) fn pass(&mut self, key: &[u8]) {
        self.keys
            .iter_mut()
            .filter(|mark| *mark.key == *key)
            .for_each(|mark| mark.is_passed = true);
    }
}

/// There is no key any more for a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forgotten;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_understood_until_there_were_many() {
        let mut marks = Marks::new();
        let place = |number: usize| Place::In { key: [number as u8].into(), next: 3, last: 9 };
        let positions: Vec<_> = (0..=REMEMBERED).map(|key| marks.position(&place(key))).collect();
        assert_eq!(marks.place(positions[0], None), Err(Forgotten));
        for (number, position) in positions.iter().enumerate().skip(1) {
            assert_eq!(marks.place(*position, None), Ok(Some(place(number))));
        }
        marks.pass(&[5]);
        assert_eq!(marks.place(positions[5], None), Ok(Some(Place::Behind([5].into()))));
        assert_eq!(
            Marks { store: !marks.store, ..Marks::new() }.place(positions[1], None),
            Ok(None)
        );
    }
}
