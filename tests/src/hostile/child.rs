//! The test program, started again in another role. Whatever the role is, it ends with its parent.

use std::env;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{self, Command, ExitCode};
use std::thread;

use rustix::process::{
    Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit,
};

use super::{attackers, hosts};

/// The first argument of a child; no test has such a name.
const MARK: &str = "--as-child";

/// The test program as a child in this role.
pub(super) fn command(role: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("this program is a file"));
    command.args([MARK, role]);
    command
}

/// The role and its arguments, if this process is such a child.
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
        _ => Err(io::Error::other(format!("nobody knows the orders {orders:?}"))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{orders:?}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Turns into a server with so many files, or with as many as there may be.
fn become_server(files: &str, program: &str, options: &[&str]) -> io::Result<()> {
    end_with_parent()?;
    if let Ok(files) = files.parse() {
        let limit = Rlimit { current: Some(files), maximum: Some(files) };
        setrlimit(Resource::Nofile, limit)?;
    }
    Err(Command::new(program).args(options).exec())
}

/// Survives that this process becomes another program.
pub(super) fn end_with_parent() -> io::Result<()> {
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}

/// Ends this process, and with it all its connections, once nobody holds its standard input.
pub(super) fn end_with_stdin() {
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        process::exit(0);
    });
}

/// Lets this process have as many files open as it may, and says how many these are.
pub(super) fn raise_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}
