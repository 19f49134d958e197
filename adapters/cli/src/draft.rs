//! A file that is there when it is whole, and not before.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::failure::Failure;

/// A file to be written. It is gone if it is dropped before it is finished.
pub(crate) struct Draft {
    path: PathBuf,
    target: Target,
}

enum Target {
    /// Beside the file whose place it takes.
    File(NamedTempFile),
    /// A device or a pipe, whose place nothing takes.
    Device(File),
}

impl Draft {
    pub(crate) fn new(path: &Path) -> Result<Self, Failure> {
        // What a link points to is replaced, not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let target = Target::new(&path).map_err(|error| cannot_write(&path, &error))?;
        Ok(Self { path, target })
    }

    pub(crate) fn file(&self) -> &File {
        match &self.target {
            Target::File(file) => file.as_file(),
            Target::Device(file) => file,
        }
    }

    /// Puts it in its place, with all that was written on the disk.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let Self { path, target } = self;
        let Target::File(file) = target else { return Ok(()) };
        let synced = file.as_file().sync_all();
        let kept = synced.and_then(|()| file.persist(&path).map_err(|error| error.error));
        kept.map(drop).map_err(|error| cannot_write(&path, &error))
    }
}

impl Target {
    fn new(path: &Path) -> io::Result<Self> {
        let existing = fs::metadata(path).ok();
        if existing.as_ref().is_some_and(|existing| !existing.is_file()) {
            return File::options().write(true).open(path).map(Self::Device);
        }
        // What is made anew may have all rights that the process gives to its files.
        let rights = existing.map_or(Permissions::from_mode(0o666), |file| file.permissions());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut builder = Builder::new();
        builder.prefix(".metric-").suffix(".part").permissions(rights);
        builder.tempfile_in(folder.unwrap_or(Path::new("."))).map(Self::File)
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::failed(format_args!("cannot write {}: {error}", path.display()))
}
