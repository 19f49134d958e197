//! What operating systems have under different names.

use std::fs::{File, Metadata, Permissions};
use std::io;

/// The permissions to ask for when a new file is to have the usual ones of this process. `None` if
/// the system gives a file these anyway.
pub(crate) fn usual_permissions() -> Option<Permissions> {
    #[cfg(unix)]
    return Some(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    #[cfg(not(unix))]
    return None;
}

/// Gives a file the owner, the group and the permissions of another one. Few processes may change the first
/// two, and then they stay.
pub(crate) fn make_like(file: &File, other: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let _ = fchown(file, None, Some(other.gid()));
        let _ = fchown(file, Some(other.uid()), None);
    }
    // After that, which may take permissions away.
    file.set_permissions(other.permissions())
}

/// Puts the terminal into raw mode. In the background, stops the job first.
pub(crate) fn make_raw() -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
        let mut modes = tcgetattr(io::stdout())?;
        modes.make_raw();
        tcsetattr(io::stdout(), OptionalActions::Now, &modes)?;
    }
    Ok(())
}

/// Stops all processes of this one's job until SIGCONT, for the shell to see that: a script that
/// runs this program is one of them. Does nothing without a shell that could continue the job.
pub(crate) fn stop_job() {
    // The program catches SIGTSTP. SIGSTOP would also stop a job that nobody can continue.
    #[cfg(unix)]
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TTOU);
}

/// Stops this process, in the same way.
pub(crate) fn stop() {
    #[cfg(unix)]
    let _ = signal_hook::low_level::raise(signal_hook::consts::SIGTTOU);
}

/// The modes of the terminal at some time, such as whether it shows what is typed.
pub(crate) struct TerminalModes {
    #[cfg(unix)]
    saved: Option<(File, rustix::termios::Termios)>,
}

impl TerminalModes {
    /// Notes the modes of now, if there is a terminal.
    pub(crate) fn now() -> Self {
        #[cfg(unix)]
        let saved = File::open("/dev/tty").ok().and_then(|terminal| {
            let modes = rustix::termios::tcgetattr(&terminal).ok()?;
            Some((terminal, modes))
        });
        Self {
            #[cfg(unix)]
            saved,
        }
    }

    /// Shows nothing that is typed from now on, until the modes are restored.
    pub(crate) fn hide_typing(&self) {
        #[cfg(unix)]
        if let Some((terminal, modes)) = &self.saved {
            use rustix::termios::{LocalModes, OptionalActions, tcsetattr};
            let mut hiding = modes.clone();
            hiding.local_modes -= LocalModes::ECHO;
            let _ = tcsetattr(terminal, OptionalActions::Now, &hiding);
        }
    }

    /// Gives the terminal these modes.
    pub(crate) fn restore(self) {
        #[cfg(unix)]
        if let Some((terminal, modes)) = self.saved {
            use rustix::termios::{OptionalActions, tcsetattr};
            let _ = tcsetattr(terminal, OptionalActions::Now, &modes);
        }
    }
}
