//! The names of files: `NNNNNNNN.log`, `AAAAAAAA-BBBBBBBB.seg`, `*.tmp` and `*.bad`.

use crate::segment::Numbers;

/// What a file is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Log(u64),
    Segment(Numbers),
    /// Not published: of a flush or a merge that did not end.
    Temporary,
    /// Not of the store, or set aside.
    Other,
}

/// Returns the name of a log.
pub(crate) fn log(number: u64) -> String {
    format!("{number:08}.log")
}

/// Returns the name under which a file is written until it is published.
pub(crate) fn temporary(name: &str) -> String {
    format!("{name}.tmp")
}

/// Returns the name under which a damaged file is set aside.
pub(crate) fn set_aside(name: &str) -> String {
    format!("{name}.bad")
}

pub(crate) fn kind(name: &str) -> Kind {
    let number = name.strip_suffix(".log").and_then(|number| number.parse().ok());
    if let Some(number) = number.filter(|&number| log(number) == name) {
        return Kind::Log(number);
    }
    match (Numbers::from_name(name), name.strip_suffix(".tmp")) {
        (Some(numbers), _) => Kind::Segment(numbers),
        (None, Some(name)) if Numbers::from_name(name).is_some() => Kind::Temporary,
        _ => Kind::Other,
    }
}
