//! The names of files: `NNNNNNNN.log`, `AAAAAAAA-BBBBBBBB.seg`, `*.tmp` and `*.bad`.

use std::iter;

use crate::Files;
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

/// Returns the name under which a damaged file is set aside, one that no file has yet.
pub(crate) fn set_aside(files: &impl Files, name: &str) -> String {
    let first = format!("{name}.bad");
    let others = (2_u32..).map(|number| format!("{name}.{number}.bad"));
    let is_free = |aside: &String| files.open(aside).is_err();
    iter::once(first).chain(others).find(is_free).unwrap_or_default()
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
