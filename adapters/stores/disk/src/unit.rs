//! The unit of timestamps, in a file of its own. The store does not need it; it keeps programs from
//! reading seconds as milliseconds.

use std::io::{self, ErrorKind};

use crate::findings::OpenError;
use crate::keep::create;
use crate::{File, Files, names};

/// The name of the file.
pub(crate) const UNIT_NAME: &str = "unit";

/// The units that there are.
const UNITS: [&str; 4] = ["s", "ms", "us", "ns"];

/// More bytes than a unit has.
const LONGEST: usize = 16;

/// What a file with the name of the unit says.
enum Text {
    /// There is none, or it was cut.
    Nothing,
    Unit(&'static str),
    /// Something that no store has written.
    Other(String),
}

/// Checks that a directory has this unit, or none.
///
/// # Errors
///
/// [`OpenError::Unit`] if it has another one, [`OpenError::ForeignUnit`] if the file is not a store's.
pub(crate) fn check_unit(files: &impl Files, asked: Option<&str>) -> Result<(), OpenError> {
    match (read(files)?, asked) {
        (Text::Other(text), _) => Err(OpenError::ForeignUnit { text }),
        (Text::Unit(kept), Some(asked)) if kept != asked => {
            Err(OpenError::Unit { kept: kept.to_owned(), asked: asked.to_owned() })
        }
        _ => Ok(()),
    }
}

/// Writes the unit into a directory that has none. It has a log then: where there is a unit, there was one.
pub(crate) fn note_unit(files: &impl Files, unit: Option<&str>) {
    let Some(unit) = unit else { return };
    let noted = match read(files) {
        Ok(Text::Nothing) => write_unit(files, unit),
        read => read.map(|_| ()),
    };
    // A full disk is no reason not to go on. The next log tries again.
    if let Err(error) = noted {
        log::warn!("cannot note the unit of timestamps: {error}");
    }
}

/// Warns that a directory with samples has no unit, since nothing else tells it: they may be in another one.
pub(crate) fn warn_of_unknown(files: &impl Files, asked: Option<&str>) -> io::Result<()> {
    if let (Some(asked), Text::Nothing) = (asked, read(files)?) {
        log::warn!(
            "{UNIT_NAME}: {UNKNOWN}; they are taken to be in {asked}; if they are not, stop, write their unit \
             into the file {UNIT_NAME}, and start with it as --time-unit"
        );
    }
    Ok(())
}

/// What it means that a directory with samples has no unit.
pub(crate) const UNKNOWN: &str = "missing; the unit of the samples' timestamps is not known";

/// What is wrong with the unit of a directory, for a check.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum UnitFault {
    /// It has none. That is usual for a store without samples, and for one that was opened without a unit.
    None,
    /// Its file has something else, which this tells.
    Foreign(String),
}

/// Returns what is wrong with the unit of a directory, for a check.
pub(crate) fn unit_fault(files: &impl Files) -> io::Result<Option<UnitFault>> {
    Ok(match read(files)? {
        Text::Other(text) => {
            let what = format!("{text:?} is no unit: it is damaged, or of somebody else");
            Some(UnitFault::Foreign(what))
        }
        Text::Nothing => Some(UnitFault::None),
        Text::Unit(_) => None,
    })
}

/// Returns the unit of a directory; `None` if it has none, or one that was cut.
pub(crate) fn read_unit(files: &impl Files) -> io::Result<Option<&'static str>> {
    Ok(match read(files)? {
        Text::Unit(unit) => Some(unit),
        Text::Nothing | Text::Other(_) => None,
    })
}

fn read(files: &impl Files) -> io::Result<Text> {
    let mut bytes = [0; LONGEST];
    let read = match files.open(UNIT_NAME).and_then(|file| file.read_at(&mut bytes, 0)) {
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        read => read?,
    };
    let text = &bytes[..read];
    // Somebody may have written it by hand, without a line feed. One that was cut has none, either; a
    // store does not leave such a one, since it gives the file its name once it is whole.
    let line = text.strip_suffix(b"\n").unwrap_or(text);
    Ok(match UNITS.into_iter().find(|unit| line == unit.as_bytes()) {
        Some(unit) => Text::Unit(unit),
        None if is_cut(text) => Text::Nothing,
        None => Text::Other(String::from_utf8_lossy(text).into_owned()),
    })
}

/// Returns whether this is the beginning of a unit, or was not written.
pub(crate) fn is_cut(text: &[u8]) -> bool {
    let is_unwritten = text.iter().all(|&byte| byte == 0);
    is_unwritten || UNITS.iter().any(|unit| unit.as_bytes().starts_with(text))
}

pub(crate) fn write_unit(files: &impl Files, unit: &str) -> io::Result<()> {
    let temporary = names::temporary(UNIT_NAME);
    let file = create(files, &temporary)?;
    file.write_all_at(format!("{unit}\n").as_bytes(), 0)?;
    file.sync()?;
    files.rename(&temporary, UNIT_NAME)?;
    files.sync()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::Directory;

    #[test]
    fn a_directory_keeps_its_unit() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::create(place.path()).unwrap();
        note_unit(&directory, Some("ms"));
        check_unit(&directory, Some("ms")).unwrap();
        note_unit(&directory, Some("s"));
        let refused = check_unit(&directory, Some("s")).unwrap_err();
        assert!(matches!(&refused, OpenError::Unit { kept, .. } if kept == "ms"), "{refused:?}");
        assert_eq!(fs::read(place.path().join(UNIT_NAME)).unwrap(), b"ms\n");
        for whole in ["ms", "ms\n"] {
            fs::write(place.path().join(UNIT_NAME), whole).unwrap();
            let refused = check_unit(&directory, Some("s")).unwrap_err();
            assert!(matches!(refused, OpenError::Unit { .. }), "{whole:?}");
            note_unit(&directory, Some("s"));
            assert_eq!(read_unit(&directory).unwrap(), Some("ms"), "{whole:?}");
        }
        for cut in ["", "m", "\0\0\0"] {
            fs::write(place.path().join(UNIT_NAME), cut).unwrap();
            check_unit(&directory, Some("s")).unwrap();
            note_unit(&directory, Some("s"));
            assert_eq!(read_unit(&directory).unwrap(), Some("s"), "{cut:?}");
        }
    }

    /// So a unit needs no checksum.
    #[test]
    fn a_flipped_bit_makes_no_unit_of_another() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::create(place.path()).unwrap();
        for unit in UNITS.map(|unit| format!("{unit}\n")) {
            for bit in 0..8 * unit.len() {
                let mut bytes = unit.clone().into_bytes();
                bytes[bit / 8] ^= 1 << (bit % 8);
                fs::write(place.path().join(UNIT_NAME), bytes).unwrap();
                let refused = check_unit(&directory, Some("s")).unwrap_err();
                assert!(matches!(refused, OpenError::ForeignUnit { .. }), "{unit} {bit}");
                assert!(unit_fault(&directory).unwrap().is_some());
            }
        }
    }

    #[test]
    fn a_unit_of_somebody_else_stays_as_it_is() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::create(place.path()).unwrap();
        for text in
            ["cm\n", "cm", "s\n\n", "\n", "M", "\u{fffd}", "a long text of another program\n"]
        {
            fs::write(place.path().join(UNIT_NAME), text).unwrap();
            let refused = check_unit(&directory, Some("s")).unwrap_err();
            assert!(matches!(&refused, OpenError::ForeignUnit { .. }), "{text:?}: {refused:?}");
            assert_eq!(refused.to_string().lines().count(), 1, "{refused}");
            note_unit(&directory, Some("s"));
            assert_eq!(fs::read_to_string(place.path().join(UNIT_NAME)).unwrap(), text);
        }
    }
}
