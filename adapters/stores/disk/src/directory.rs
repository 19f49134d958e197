//! A real directory.

mod lock;

use std::ffi::CStr;
use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

use crate::Files;

use lock::DirectoryLock;
pub use lock::LOCK_NAME;

/// A directory of the file system.
///
/// It stays the same directory if its path is renamed or replaced.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    handle: fs::File,
}

impl Directory {
    /// Opens a directory. If it is missing, makes it and its parents, for this user only.
    ///
    /// The mode of a directory that exists is left as it is.
    ///
    /// # Errors
    ///
    /// If this is not a directory, or not one that this process may read and write. The error's text
    /// is one line with the path.
    pub fn create(path: &Path) -> io::Result<Self> {
        let open = || {
            let handle = match open_directory(path) {
                Err(error) if error.kind() == ErrorKind::NotFound => make_directory(path),
                opened => opened,
            }?;
            let rights = Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK;
            rustix::fs::accessat(&handle, ".", rights, AtFlags::empty())?;
            Ok(Self { path: path.to_owned(), handle })
        };
        open().map_err(|error| with_path(path, error))
    }

    /// Opens a directory that exists, in order to read it.
    ///
    /// # Errors
    ///
    /// If this is not a directory, or not one that this process may read. The error's text is one
    /// line with the path.
    pub fn open(path: &Path) -> io::Result<Self> {
        let open = || {
            let handle = open_directory(path)?;
            let rights = Access::READ_OK | Access::EXEC_OK;
            rustix::fs::accessat(&handle, ".", rights, AtFlags::empty())?;
            Ok(Self { path: path.to_owned(), handle })
        };
        open().map_err(|error| with_path(path, error))
    }

    /// Gives a file a name in another directory, too. Both names are of the same bytes.
    pub(crate) fn link(&self, name: &str, other: &Self) -> io::Result<()> {
        let (from, to) = (&self.handle, &other.handle);
        Ok(retry_on_intr(|| rustix::fs::linkat(from, name, to, name, AtFlags::empty()))?)
    }

    /// Opens a file for reading, never one elsewhere that a symbolic link leads to.
    fn open_file(&self, name: &str, flags: OFlags) -> io::Result<fs::File> {
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let mode = Mode::RUSR | Mode::WUSR;
        let file = retry_on_intr(|| rustix::fs::openat(&self.handle, name, flags, mode))?;
        Ok(file.into())
    }

    /// Returns what a name is of, and its length. It may have been removed since it was listed.
    fn entry(&self, name: &CStr) -> io::Result<Option<(FileType, u64)>> {
        let stat = match rustix::fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(None),
            stat => stat?,
        };
        Ok(Some((FileType::from_raw_mode(stat.st_mode), stat.st_size as u64)))
    }
}

impl Files for Directory {
    type File = fs::File;
    type Lock = DirectoryLock;

    fn lock(&self) -> io::Result<DirectoryLock> {
        lock::lock(self)
    }

    /// Leaves out names that are not UTF-8, and symbolic links: removing and syncing what they lead
    /// to takes another directory.
    fn list(&self) -> io::Result<Vec<(String, u64)>> {
        let mut files = Vec::new();
        for entry in Dir::read_from(&self.handle)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            if let Some((FileType::RegularFile, length)) = self.entry(entry.file_name())? {
                files.push((name.to_owned(), length));
            }
        }
        Ok(files)
    }

    fn other_entry(&self) -> io::Result<Option<String>> {
        for entry in Dir::read_from(&self.handle)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some((kind, _)) = self.entry(name)? else { continue };
            let is_usual = [c".", c"..", c"lost+found"].contains(&name);
            if !is_usual && (kind != FileType::RegularFile || name.to_str().is_err()) {
                return Ok(Some(name.to_string_lossy().into_owned()));
            }
        }
        Ok(None)
    }

    fn create(&self, name: &str) -> io::Result<fs::File> {
        self.open_file(name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL)
    }

    fn open(&self, name: &str) -> io::Result<fs::File> {
        self.open_file(name, OFlags::RDONLY)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(retry_on_intr(|| rustix::fs::renameat(&self.handle, from, &self.handle, to))?)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        Ok(retry_on_intr(|| rustix::fs::unlinkat(&self.handle, name, AtFlags::empty()))?)
    }

    fn sync(&self) -> io::Result<()> {
        sync_directory(&self.handle)
    }

    fn available(&self) -> io::Result<u64> {
        let space = retry_on_intr(|| rustix::fs::fstatvfs(&self.handle))?;
        Ok(space.f_bavail.saturating_mul(space.f_frsize))
    }

    /// What the system does not tell now is no reason to stop.
    fn check_place(&self) -> io::Result<()> {
        let Ok(ours) = rustix::fs::fstat(&self.handle) else { return Ok(()) };
        let is_ours = match rustix::fs::stat(&self.path) {
            Ok(there) => (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino),
            Err(error) => ![Errno::NOENT, Errno::NOTDIR].contains(&error),
        };
        if is_ours {
            return Ok(());
        }
        let text = "somebody has removed, renamed or replaced it; samples can be read until the server \
                    stops; put it back, or restart the server";
        Err(io::Error::new(ErrorKind::NotFound, text))
    }

    fn place(&self) -> String {
        format!("{:?}", self.path)
    }
}

fn open_directory(path: &Path) -> io::Result<fs::File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty()))?.into())
}

/// Makes a directory, and makes it survive a power loss.
fn make_directory(path: &Path) -> io::Result<fs::File> {
    let missing: Vec<&Path> = path.ancestors().take_while(|path| !path.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    for parent in missing.iter().filter_map(|made| made.parent()) {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        sync_directory(&open_directory(parent)?)?;
    }
    open_directory(path)
}

fn sync_directory(handle: &fs::File) -> io::Result<()> {
    match handle.sync_all() {
        // Some file systems cannot sync directories, and there is nothing to do instead.
        Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
        synced => synced,
    }
}

fn with_path(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot use {path:?}: {error}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::File;

    fn directory() -> (tempfile::TempDir, Directory) {
        let place = tempfile::tempdir().expect("temporary directory");
        let directory = Directory::create(place.path()).expect("it exists");
        (place, directory)
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it exists").permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_for_this_user_only_and_what_exists_keeps_its_mode() {
        let (place, _) = directory();
        let inner = place.path().join("a/b");
        let made = Directory::create(&inner).expect("both are made");
        made.create("file").expect("free name");
        let _lock = made.lock().expect("nobody else has it");
        assert_eq!(mode(&place.path().join("a")), 0o700);
        assert_eq!(mode(&inner), 0o700);
        assert_eq!(mode(&inner.join("file")), 0o600);
        assert_eq!(mode(&inner.join("lock")), 0o600);
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o755)).expect("our own");
        Directory::create(&inner).expect("it exists");
        assert_eq!(mode(&inner), 0o755);
    }

    #[test]
    fn what_cannot_be_used_is_told_in_one_line_with_the_path() {
        let (place, _) = directory();
        let file = place.path().join("file\nname");
        fs::write(&file, "").expect("free name");
        let mut cases = vec![
            (file.clone(), ErrorKind::NotADirectory),
            (file.join("inner"), ErrorKind::NotADirectory),
        ];
        if cfg!(target_os = "linux") {
            cases.push(("/proc/none".into(), ErrorKind::NotFound));
        }
        for (path, kind) in cases {
            let error = Directory::create(&path).expect_err("no directory");
            let text = error.to_string();
            assert_eq!(error.kind(), kind, "{text}");
            assert!(text.contains(&format!("{path:?}")) && text.lines().count() == 1, "{text}");
        }
    }

    /// Not even root may write there.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_directory_that_cannot_be_written_is_refused_when_it_is_opened() {
        let error = Directory::create(Path::new("/proc/sys")).expect_err("read-only");
        let expected = [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem];
        assert!(expected.contains(&error.kind()), "{error}");
        assert!(error.to_string().starts_with("cannot use \"/proc/sys\": "), "{error}");
    }

    #[test]
    fn regular_files_with_utf_8_names_are_listed() {
        let (place, directory) = directory();
        directory.create("b").expect("free name").write_all_at(b"12345", 0).expect("space");
        directory.create("a").expect("free name");
        fs::create_dir(place.path().join("directory")).expect("free name");
        symlink(place.path().join("b"), place.path().join("link")).expect("free name");
        #[cfg(target_os = "linux")]
        {
            let name = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff");
            fs::write(place.path().join(name), "").expect("any bytes are a name");
        }
        let mut files = directory.list().expect("readable");
        files.sort();
        assert_eq!(files, [("a".to_owned(), 0), ("b".to_owned(), 5)]);
        assert!(directory.open("link").is_err());
    }

    #[test]
    fn files_are_created_once_renamed_over_others_and_readable_when_removed() {
        let (place, directory) = directory();
        let file = directory.create("a").expect("free name");
        file.write_all_at(b"new", 0).expect("space");
        assert_eq!(directory.create("a").expect_err("taken").kind(), ErrorKind::AlreadyExists);
        directory.create("b").expect("free name");
        directory.rename("a", "b").expect("both exist");
        directory.sync().expect("syncable");
        assert_eq!(fs::read(place.path().join("b")).expect("renamed"), b"new");
        directory.remove("b").expect("it exists");
        assert_eq!(directory.open("b").expect_err("removed").kind(), ErrorKind::NotFound);
        let mut bytes = [0; 3];
        assert_eq!(file.read_at(&mut bytes, 0).expect("open"), 3);
        assert_eq!(&bytes, b"new");
    }

    #[test]
    fn it_stays_the_same_directory_when_its_path_is_replaced() {
        let (place, _) = directory();
        let (path, moved) = (place.path().join("data"), place.path().join("moved"));
        let directory = Directory::create(&path).expect("it is made");
        fs::rename(&path, &moved).expect("free name");
        fs::create_dir(&path).expect("free name");
        directory.create("file").expect("free name");
        assert!(moved.join("file").exists() && !path.join("file").exists());
    }

    #[test]
    fn free_space_is_told() {
        let (_place, directory) = directory();
        assert!(directory.available().expect("any directory has some") > 0);
    }
}
