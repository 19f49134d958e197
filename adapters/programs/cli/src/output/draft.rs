//! Files that appear only when they are complete.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::failure::Failure;
use crate::system::usual_permissions;

/// A file being written. If it is dropped before [`finish`](Self::finish), it is removed.
pub(crate) struct Draft {
    path: PathBuf,
    target: Target,
}

enum Target {
    /// A temporary file in the folder of the file that it will replace.
    File(NamedTempFile),
    /// A device or a pipe, which is written directly.
    Device(File),
}

impl Draft {
    pub(crate) fn new(path: &Path) -> Result<Self, Failure> {
        let draft = if is_device(path) { Self::on_device(path) } else { Self::beside(path) };
        draft.map_err(|error| cannot_write(path, &error))
    }

    fn on_device(path: &Path) -> io::Result<Self> {
        let file = File::options().write(true).open(path)?;
        Ok(Self { path: path.to_owned(), target: Target::Device(file) })
    }

    fn beside(path: &Path) -> io::Result<Self> {
        // Replace the target of a symbolic link, not the link.
        let is_new = fs::symlink_metadata(path).is_err();
        let path = if is_new { path.to_owned() } else { fs::canonicalize(path)? };
        let existing = fs::metadata(&path).map(|existing| existing.permissions()).ok();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        // Check the folder here: a later error would name the temporary file, which nobody knows.
        fs::metadata(folder)?;
        let mut builder = Builder::new();
        builder.prefix(".metric-").suffix(".part");
        if let Some(permissions) = existing.or_else(usual_permissions) {
            builder.permissions(permissions);
        }
        let file = builder.tempfile_in(folder)?;
        Ok(Self { path, target: Target::File(file) })
    }

    pub(crate) fn file(&self) -> &File {
        match &self.target {
            Target::File(file) => file.as_file(),
            Target::Device(file) => file,
        }
    }

    /// Syncs the file to disk and gives it its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let Self { path, target } = self;
        let Target::File(file) = target else { return Ok(()) };
        let synced = file.as_file().sync_all();
        let kept = synced.and_then(|()| file.persist(&path).map_err(|error| error.error));
        kept.map(drop).map_err(|error| cannot_write(&path, &error))
    }
}

/// Writes a whole file.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let draft = Draft::new(path)?;
    draft.file().write_all(bytes).map_err(|error| cannot_write(path, &error))?;
    draft.finish()
}

fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|existing| !existing.is_file())
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::failed(format_args!("cannot write {}: {error}", path.display()))
}
