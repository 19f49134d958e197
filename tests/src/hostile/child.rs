//! The test program, started again in another role. In any role it ends with its parent.

use std::env;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{self, Command, ExitCode};
use std::thread;

use rustix::process::{
    Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit,
};

use super::{attackers, hosts};

/// The first argument of a child. No test has this name.
const MARK: &str = "--as-child";

/// Returns the command that starts the test program in a role.
pub(super) fn command(role: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("the path of this program"));
    command.args([MARK, role]);
    command
}

/// Returns the role and its arguments if this process is a child.
pub(super) fn orders() -> Option<Vec<String>> {
    let mut arguments = env::args().skip(1);
    (arguments.next()? == MARK).then(|| arguments.collect())
}

pub(super) fn obey(orders: &[String]) -> ExitCode {
    let orders: Vec<_> = orders.iter().map(String::as_str).collect();
    let done = match orders[..] {
        ["serve", files, program, ref options @ ..] => become_server(files, program, options),
        ["attack", name, target, size] => attackers::attack(name, target, size),
        ["host"] => hosts::be_there(),
        ["hosts", program, link] => hosts::check_from_here(program, link),
        _ => Err(io::Error::other(format!("unknown role: {orders:?}"))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{orders:?}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Becomes a server that may open `files` files. If that is not a number, the limit is unchanged.
fn become_server(files: &str, program: &str, options: &[&str]) -> io::Result<()> {
    end_with_parent()?;
    if let Ok(files) = files.parse() {
        let limit = Rlimit { current: Some(files), maximum: Some(files) };
        setrlimit(Resource::Nofile, limit)?;
    }
    Err(Command::new(program).args(options).exec())
}

/// Makes the kernel end this process with its parent. That holds across `exec`.
pub(super) fn end_with_parent() -> io::Result<()> {
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}

/// Ends this process, and so all its connections, when its standard input is closed.
pub(super) fn end_with_stdin() {
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        process::exit(0);
    });
}

/// Raises RLIMIT_NOFILE to its hard limit. Returns the new limit.
pub(super) fn raise_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}
