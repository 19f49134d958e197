//! What operating systems have under different names.

use std::fs::{File, Permissions};
use std::io;

/// Standard output without the standard library's buffer.
pub(crate) fn standard_output() -> io::Result<File> {
    #[cfg(unix)]
    let output = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned()?;
    #[cfg(windows)]
    let output = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned()?;
    Ok(File::from(output))
}

/// The permissions to ask for when a new file is to have the usual ones of this process. `None` if
/// the system gives a file these anyway.
pub(crate) fn usual_permissions() -> Option<Permissions> {
    #[cfg(unix)]
    return Some(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    #[cfg(not(unix))]
    return None;
}
