//! The unit of timestamps, in a file of its own. The store does not need it; it keeps programs from
//! reading seconds as milliseconds.

use std::io::{self, ErrorKind};

use crate::findings::OpenError;
use crate::keep::create;
use crate::{File, Files, names};

/// The name of the file.
pub(crate) const UNIT_NAME: &str = "unit";

/// The longest unit that is read, in bytes.
const LONGEST: usize = 16;

/// Writes the unit into a directory that has none.
///
/// # Errors
///
/// [`OpenError::Unit`] if it has another one.
pub(crate) fn keep_unit(files: &impl Files, unit: &str) -> Result<(), OpenError> {
    match read_unit(files) {
        Ok(Some(kept)) if kept != unit => Err(OpenError::Unit { kept, asked: unit.to_owned() }),
        Ok(Some(_)) => Ok(()),
        Ok(None) => {
            // A full disk is no reason not to start. The next start tries again.
            if let Err(error) = write_unit(files, unit) {
                log::warn!("cannot note the unit of timestamps: {error}");
            }
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Returns the unit of a directory; `None` if it has none, or one that was cut.
pub(crate) fn read_unit(files: &impl Files) -> io::Result<Option<String>> {
    let mut text = [0; LONGEST];
    let read = files.open(UNIT_NAME).and_then(|file| file.read_at(&mut text, 0));
    let read = match read {
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        read => read?,
    };
    let line = std::str::from_utf8(&text[..read]).ok().and_then(|text| text.strip_suffix('\n'));
    Ok(line.map(str::to_owned))
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
        keep_unit(&directory, "ms").unwrap();
        keep_unit(&directory, "ms").unwrap();
        let refused = keep_unit(&directory, "s").unwrap_err();
        assert!(matches!(&refused, OpenError::Unit { kept, .. } if kept == "ms"), "{refused:?}");
        assert_eq!(fs::read(place.path().join(UNIT_NAME)).unwrap(), b"ms\n");
        for cut in ["", "m", "\u{fffd}"] {
            fs::write(place.path().join(UNIT_NAME), cut).unwrap();
            keep_unit(&directory, "s").unwrap();
            assert_eq!(read_unit(&directory).unwrap().as_deref(), Some("s"), "{cut:?}");
        }
    }
}
