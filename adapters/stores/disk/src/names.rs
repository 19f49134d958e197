//! The names of files: `NNNNNNNN.log`, `AAAAAAAA-BBBBBBBB.seg`, `NNNNNNNN.first`, `*.tmp` and `*.bad`.

use std::{io, iter};

use crate::segment::Numbers;
use crate::unit::UNIT_NAME;
use crate::{Files, LOCK_NAME};

/// What a file is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Log(u64),
    Segment(Numbers),
    /// Says that all with smaller numbers have gone by a bound.
    First(u64),
    /// Not published: of a log, a flush or a merge that was not completed.
    Temporary,
    /// A damaged file.
    SetAside,
    Lock,
    /// The unit of timestamps.
    Unit,
    /// Not of the store.
    Other,
}

/// Returns the name of a log.
pub(crate) fn log(number: u64) -> String {
    format!("{number:08}.log")
}

/// Returns the name of the file that says which number is the oldest one that a bound has left.
pub(crate) fn first(number: u64) -> String {
    format!("{number:08}.first")
}

/// Returns the name under which a file is written until it is published.
pub(crate) fn temporary(name: &str) -> String {
    format!("{name}.tmp")
}

/// Returns the name under which a damaged file is set aside, one that no file has yet.
///
/// # Errors
///
/// If no name of a thousand is known to be free.
pub(crate) fn set_aside(files: &impl Files, name: &str) -> io::Result<String> {
    let first = format!("{name}.bad");
    let others = (2..=1_000).map(|number| format!("{name}.{number}.bad"));
    let is_free = |aside: &String| {
        files.open(aside).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    };
    let free = iter::once(first).chain(others).find(is_free);
    free.ok_or_else(|| io::Error::other(format!("no name is free to set {name} aside")))
}

pub(crate) fn kind(name: &str) -> Kind {
    let is_published = |name| matches!(kind(name), Kind::Log(_) | Kind::Segment(_) | Kind::Unit);
    if let Some(numbers) = Numbers::from_name(name).filter(|numbers| numbers.last <= LARGEST) {
        return Kind::Segment(numbers);
    }
    if let Some(number) = numbered(name, ".log", log) {
        return Kind::Log(number);
    }
    if let Some(number) = numbered(name, ".first", first) {
        return Kind::First(number);
    }
    match (name.strip_suffix(".tmp"), name.strip_suffix(".bad")) {
        (Some(name), _) if is_published(name) => Kind::Temporary,
        (_, Some(name)) if is_published(without_count(name)) => Kind::SetAside,
        _ if name == LOCK_NAME => Kind::Lock,
        _ if name == UNIT_NAME => Kind::Unit,
        _ => Kind::Other,
    }
}

/// Refuses a directory in which no store has left a file. Else a wrong path would be well for ever.
///
/// # Errors
///
/// [`NotFound`](io::ErrorKind::NotFound) for such a one, or that it cannot be listed.
pub(crate) fn must_be_used(files: &impl Files) -> io::Result<()> {
    match files.list()?.iter().any(|(name, _)| kind(name) != Kind::Other) {
        true => Ok(()),
        false => Err(io::Error::new(io::ErrorKind::NotFound, "no server has kept samples there")),
    }
}

/// Returns the number in a name, which must be just as it is written.
fn numbered(name: &str, suffix: &str, write: fn(u64) -> String) -> Option<u64> {
    let number = name.strip_suffix(suffix)?.parse().ok()?;
    (number <= LARGEST && write(number) == name).then_some(number)
}

/// Returns the name of a file that was set aside without the number that made it unique.
fn without_count(name: &str) -> &str {
    let counted = name.rsplit_once('.');
    let counted = counted.filter(|(_, count)| count.parse::<u32>().is_ok());
    counted.map_or(name, |(name, _)| name)
}

/// The largest number that a store uses: series note numbers of logs in 32 bits.
const LARGEST: u64 = u32::MAX as u64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_of_the_store_if_its_name_is_just_what_it_would_write() {
        let segment = Kind::Segment(Numbers { first: 1, last: 2 });
        for (name, expected) in [
            ("00000007.log", Kind::Log(7)),
            ("100000000.log", Kind::Log(100_000_000)),
            ("00000001-00000002.seg", segment),
            ("00000007.first", Kind::First(7)),
            ("7.first", Kind::Other),
            ("00000007.first.tmp", Kind::Other),
            ("00000007.log.tmp", Kind::Temporary),
            ("00000001-00000002.seg.tmp", Kind::Temporary),
            ("00000007.log.bad", Kind::SetAside),
            ("00000007.log.2.bad", Kind::SetAside),
            ("00000001-00000002.seg.bad", Kind::SetAside),
            ("lock", Kind::Lock),
            ("unit", Kind::Unit),
            ("unit.tmp", Kind::Temporary),
            ("7.log", Kind::Other),
            ("+0000007.log", Kind::Other),
            ("00000007.LOG", Kind::Other),
            ("00000007.log.bad.tmp", Kind::Other),
            ("notes.tmp", Kind::Other),
            ("", Kind::Other),
        ] {
            assert_eq!(kind(name), expected, "{name}");
        }
    }

    #[test]
    fn a_number_that_no_series_could_note_is_not_of_the_store() {
        for name in ["4294967296.log", "18446744073709551615.log", "00000001-4294967296.seg"] {
            assert_eq!(kind(name), Kind::Other, "{name}");
        }
    }
}
