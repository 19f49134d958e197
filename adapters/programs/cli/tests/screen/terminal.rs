//! Runs the program in a pseudo-terminal and reads its screen.

mod lost;
mod shown;

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::AsFd;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Command, Pts, Pty, open};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};

use crate::METRIC;
use crate::served::Served;

pub(crate) use lost::{freeze, hang_up, hang_up_silently};

/// The time after which a hang is a failure.
const HANG: Duration = Duration::from_secs(60);

const TERM: &str = "xterm-256color";

/// Rows and columns. (0, 0) is a terminal of 25 rows and 80 columns that reports no size.
pub(crate) type Extent = (u16, u16);

/// The program in a terminal. Dropping this kills the program.
pub(crate) struct Terminal {
    pty: Pty,
    /// The program's side, held open so that the terminal outlives the program.
    _pts: Pts,
    child: Child,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    before: Termios,
    server: String,
}

impl Terminal {
    /// Starts `metric` with a server, in UTC.
    pub(crate) fn start(served: &Served, (rows, columns): Extent, arguments: &[&str]) -> Self {
        Self::start_with(served, (rows, columns), arguments, &[])
    }

    pub(crate) fn start_with(
        served: &Served,
        extent: Extent,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let command = command(served, arguments).envs(environment.iter().copied());
        Self::start_after("", served, extent, command)
    }

    /// Starts a shell with job control, whose `"$@"` is the program.
    pub(crate) fn start_shell(served: &Served, script: &str, arguments: &[&str]) -> Self {
        let shell = with_server(Command::new("sh"), served);
        let shell = shell.args(["-mc", script, "sh", METRIC]).args(arguments);
        Self::start_after("", served, (24, 80), shell)
    }

    /// Starts the program after `typed` was typed.
    pub(crate) fn start_typed(typed: &str, served: &Served, arguments: &[&str]) -> Self {
        Self::start_after(typed, served, (24, 80), command(served, arguments))
    }

    fn start_after(
        typed: &str,
        served: &Served,
        (rows, columns): Extent,
        mut command: Command,
    ) -> Self {
        let (mut pty, pts) = open().unwrap();
        pty.resize(Size::new(rows, columns)).unwrap();
        let before = tcgetattr(&pty).unwrap();
        pty.write_all(typed.as_bytes()).unwrap();
        let child = command.spawn_borrowed(&pts).unwrap();
        let output = read(&pty);
        let size = |length, unsaid| NonZeroU16::new(length).or(NonZeroU16::new(unsaid)).unwrap();
        let parser = vt100::Parser::new(size(rows, 25), size(columns, 80), 0);
        let server = served.name();
        Self { pty, _pts: pts, child, output, parser, before, server }
    }

    /// Waits until `is_it` returns true.
    pub(crate) fn wait(&mut self, what: &str, mut is_it: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + HANG;
        while !is_it(self) {
            // A program that draws for ever always has output.
            let left = deadline.checked_duration_since(Instant::now());
            match left.and_then(|left| self.output.recv_timeout(left).ok()) {
                Some(bytes) => self.parser.process(&bytes),
                None => panic!("the screen does not show {what}:\n{}", self.text()),
            }
        }
    }

    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait(text, |terminal| terminal.text().contains(text));
    }

    /// Waits until the screen shows `text` and nothing else.
    pub(crate) fn wait_for_all(&mut self, text: &str) {
        self.wait(text, |terminal| terminal.text() == text);
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.pty.write_all(keys.as_bytes()).unwrap();
    }

    pub(crate) fn resize(&mut self, (rows, columns): Extent) {
        self.pty.resize(Size::new(rows, columns)).unwrap();
        let size = |length| NonZeroU16::new(length).unwrap();
        self.parser.screen_mut().set_size(size(rows), size(columns));
    }

    pub(crate) fn signal(&self, sent: Signal) {
        signal(&self.child, sent);
    }

    /// Sends a signal to the job in the foreground.
    pub(crate) fn signal_job(&self, sent: Signal) {
        kill_process(tcgetpgrp(&self.pty).unwrap(), sent).unwrap();
    }

    /// Stops the program. Then restores the terminal's modes and empties its screen, as a shell and
    /// a user may.
    pub(crate) fn stop(&mut self) {
        self.signal(Signal::STOP);
        let pid = Pid::from_raw(self.child.id().cast_signed());
        let stopped = waitpid(pid, WaitOptions::UNTRACED).unwrap().unwrap().1;
        assert!(stopped.stopped());
        tcsetattr(&self.pty, OptionalActions::Now, &self.before).unwrap();
        self.empty();
    }

    /// Empties the screen, so that only a full redraw fills it.
    pub(crate) fn empty(&mut self) {
        self.parser.process(b"\x1b[2J");
    }

    /// Returns whether the terminal has the modes that it had at the start.
    pub(crate) fn is_restored(&self) -> bool {
        settings(&self.pty) == format!("{:?}", self.before) && !self.is_alternate()
    }

    /// Waits for the program's end and asserts that the terminal is restored.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let restored = |terminal: &Self| {
            let screen = terminal.parser.screen();
            !screen.alternate_screen() && !screen.hide_cursor()
        };
        self.wait("the screen as it was", restored);
        let status = self.child.wait().unwrap();
        assert_eq!(settings(&self.pty), format!("{:?}", self.before));
        status
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
    kill_process(pid, signal).unwrap();
}

fn command(served: &Served, arguments: &[&str]) -> Command {
    with_server(Command::new(METRIC), served).args(arguments)
}

fn with_server(command: Command, served: &Served) -> Command {
    let command = command.env_remove("NO_COLOR").env("LC_ALL", "C");
    command.env("METRIC_SERVER", served.name()).env("TZ", "UTC").env("TERM", TERM)
}

/// Returns the settings of the terminal.
fn settings(pty: &Pty) -> String {
    format!("{:?}", tcgetattr(pty).unwrap())
}

fn read(pty: &Pty) -> Receiver<Vec<u8>> {
    let mut file = File::from(pty.as_fd().try_clone_to_owned().unwrap());
    let (sender, output) = channel();
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = file.read(&mut buffer) {
            if sender.send(buffer[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    output
}
