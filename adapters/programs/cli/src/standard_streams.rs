//! Standard input and standard output, unless they are closed.
//!
//! Rust opens `/dev/null` in place of a stream that was closed (`<&-`, `>&-`), before `main`. Such an input looks
//! empty, and such an output loses without an error what is written there. So a function that runs even earlier
//! notes whether they were open.

use std::fs::File;
use std::io::{self, Stdin, Stdout};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

static INPUT_WAS_CLOSED: AtomicBool = AtomicBool::new(false);
static OUTPUT_WAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// It runs before the standard library is ready, so it only asks the system.
#[cfg(unix)]
extern "C" fn look() {
    use rustix::io::fcntl_getfd;
    use rustix::stdio::{stdin, stdout};
    INPUT_WAS_CLOSED.store(fcntl_getfd(stdin()).is_err(), Relaxed);
    OUTPUT_WAS_CLOSED.store(fcntl_getfd(stdout()).is_err(), Relaxed);
}

// SAFETY: In this section the system's loader expects pointers to functions, as C calls them, and calls each once
// before `main`. It may pass arguments, which such a function does not see.
#[cfg(unix)]
#[used]
#[expect(unsafe_code, reason = "nothing else runs before the standard library")]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__mod_init_func"))]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".init_array"))]
static LOOK: extern "C" fn() = look;

/// Returns standard input.
///
/// # Errors
///
/// If it was closed when the program started.
pub(crate) fn stdin() -> io::Result<Stdin> {
    match INPUT_WAS_CLOSED.load(Relaxed) {
        true => Err(io::Error::other("standard input is closed")),
        false => Ok(io::stdin()),
    }
}

/// Returns standard output.
///
/// # Errors
///
/// If it was closed when the program started.
pub(crate) fn stdout() -> io::Result<Stdout> {
    match OUTPUT_WAS_CLOSED.load(Relaxed) {
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
