//! Files that appear only when they are complete.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::failure::Failure;
use crate::system::{make_like, usual_permissions};

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
        let Ok(existing) = fs::metadata(path) else { return Self::with(path, usual_permissions()) };
        // Nobody else may open it before it is like the file that it will replace.
        let draft = Self::with(path, None)?;
        if let Target::File(file) = &draft.target {
            make_like(file.as_file(), &existing).map_err(|error| cannot_write(path, &error))?;
        }
        Ok(draft)
    }

    /// Begins a file that has these permissions. If `None`, only its owner may read and write it.
    fn with(path: &Path, permissions: Option<Permissions>) -> Result<Self, Failure> {
        let is_device = is_device(path);
        let draft = if is_device { Self::on_device(path) } else { Self::beside(path, permissions) };
        draft.map_err(|error| cannot_write(path, &error))
    }

    fn on_device(path: &Path) -> io::Result<Self> {
        let file = File::options().write(true).open(path)?;
        Ok(Self { path: path.to_owned(), target: Target::Device(file) })
    }

    fn beside(path: &Path, permissions: Option<Permissions>) -> io::Result<Self> {
        // Replace the target of a symbolic link, not the link.
        let is_new = fs::symlink_metadata(path).is_err();
        let path = if is_new { path.to_owned() } else { fs::canonicalize(path)? };
        if !is_new {
            // Find out before anything is read, and leave a protected file alone.
            File::options().write(true).open(&path)?;
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        // Check the folder here: a later error would name the temporary file, which nobody knows.
        fs::metadata(folder)?;
        let mut builder = Builder::new();
        builder.prefix(".metric-").suffix(".part");
        if let Some(permissions) = permissions {
            builder.permissions(permissions);
        }
        let file = builder.tempfile_in(folder).map_err(|error| in_folder(folder, &error))?;
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
        file.as_file().sync_all().map_err(|error| cannot_write(&path, &error))?;
        match file.persist(&path) {
            Ok(_) => Ok(()),
            // A mounted file, as in a container, cannot be replaced.
            Err(refused) if path.exists() => write_over(&path, refused.file),
            Err(refused) => Err(cannot_write(&path, &refused.error)),
        }
    }
}

/// Writes a whole file.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fill(Draft::new(path)?, path, bytes)
}

/// Writes a whole file that only its owner may read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fill(Draft::with(path, None)?, path, bytes)
}

fn fill(draft: Draft, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    draft.file().write_all(bytes).map_err(|error| cannot_write(path, &error))?;
    draft.finish()
}

/// Writes a complete draft over an existing file. If that fails, the draft is kept.
fn write_over(path: &Path, draft: NamedTempFile) -> Result<(), Failure> {
    let written = copy(&draft, path);
    written.map_err(|error| match draft.keep() {
        Ok((_, kept)) => Failure::failed(format_args!(
            "cannot write {}: {error}; the whole file is {}",
            path.display(),
            kept.display()
        )),
        Err(_) => cannot_write(path, &error),
    })
}

fn copy(draft: &NamedTempFile, path: &Path) -> io::Result<()> {
    let mut file = File::options().write(true).open(path)?;
    // Before anything is in it: what only its owner may read is nothing for those who may read this file.
    let permissions = draft.as_file().metadata()?.permissions();
    if file.metadata()?.permissions() != permissions {
        file.set_permissions(permissions)?;
    }
    let length = io::copy(&mut draft.reopen()?, &mut file)?;
    file.set_len(length)?;
    file.sync_all()
}

/// Names the folder, since the error names a temporary file, which nobody knows.
fn in_folder(folder: &Path, error: &io::Error) -> io::Error {
    let (folder, why) = (folder.display(), error.kind());
    io::Error::new(why, format!("no file can be created in {folder}: {why}"))
}

fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|existing| !existing.is_file())
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::failed(format_args!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_replaced_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for (before, after) in [("", "longer"), ("longer before", "short")] {
            fs::write(&path, before).unwrap();
            let mut draft = NamedTempFile::new_in(folder.path()).unwrap();
            draft.write_all(after.as_bytes()).unwrap();
            let identity = fs::metadata(&path).unwrap();
            write_over(&path, draft).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), after);
            #[cfg(unix)]
            {
                use std::os::unix::fs::MetadataExt;
                assert_eq!(fs::metadata(&path).unwrap().ino(), identity.ino());
            }
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_that_is_written_over_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "all may read this").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let Target::File(mut draft) = Draft::with(&path, None).unwrap().target else { panic!() };
        draft.write_all(b"my password").unwrap();
        write_over(&path, draft).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read(&path).unwrap(), b"my password");
    }

    #[test]
    fn a_draft_that_can_be_written_nowhere_is_kept_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut draft = NamedTempFile::new_in(folder.path()).unwrap();
        draft.write_all(b"all").unwrap();
        let name = draft.path().to_owned();
        let failure = write_over(folder.path(), draft).unwrap_err().to_string();
        assert!(failure.contains(&format!("the whole file is {}", name.display())), "{failure}");
        assert_eq!(fs::read(name).unwrap(), b"all");
    }
}
