//! Standard output, unless it is closed.
//!
//! Rust opens `/dev/null` in place of a standard output that was closed (`>&-`), before `main`. What is written
//! there is lost without an error. So a function that runs even earlier notes whether it was open.

use std::fs::File;
use std::io::{self, Stdout};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// It runs before the standard library is ready, so it only asks the system.
#[cfg(unix)]
extern "C" fn look() {
    let is_closed = rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err();
    WAS_CLOSED.store(is_closed, Relaxed);
}

// SAFETY: In this section the system's loader expects pointers to functions, as C calls them, and calls each once
// before `main`. It may pass arguments, which such a function does not see.
#[cfg(unix)]
#[used]
#[expect(unsafe_code, reason = "nothing else runs before the standard library")]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
static LOOK: extern "C" fn() = look;

/// Returns standard output.
///
/// # Errors
///
/// If it was closed when the program started.
pub(crate) fn stdout() -> io::Result<Stdout> {
    match WAS_CLOSED.load(Relaxed) {
        true => Err(io::Error::other("standard output is closed")),
        false => Ok(io::stdout()),
    }
}

/// Returns standard output without the standard library's buffer.
///
/// # Errors
///
/// If it was closed when the program started, or the system has no room for another descriptor.
pub(crate) fn unbuffered_stdout() -> io::Result<File> {
    #[cfg(unix)]
    let output = std::os::fd::AsFd::as_fd(&stdout()?).try_clone_to_owned()?;
    #[cfg(windows)]
    let output = std::os::windows::io::AsHandle::as_handle(&stdout()?).try_clone_to_owned()?;
    Ok(File::from(output))
}
