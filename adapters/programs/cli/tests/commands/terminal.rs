//! The output on a terminal.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::setup::{Server, end, interrupt, silent};

/// The master side of a pseudo-terminal.
pub(crate) struct Terminal(pub(crate) File);

impl Terminal {
    pub(crate) fn new() -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        Self(File::from(terminal))
    }

    /// Opens the side that a program uses.
    pub(crate) fn open(&self) -> File {
        let name = ptsname(&self.0, Vec::new()).unwrap().into_string().unwrap();
        File::options().read(true).write(true).open(name).unwrap()
    }

    pub(crate) fn spawn(&self, mut command: Command) -> Child {
        command.stdout(self.open());
        self.spawn_redirected(command)
    }

    /// Starts a command whose standard output is redirected.
    fn spawn_redirected(&self, mut command: Command) -> Child {
        command.env("TERM", "xterm").env_remove("NO_COLOR");
        command.stderr(self.open()).spawn().unwrap()
    }

    /// Returns all output up to the end of the last program.
    pub(crate) fn shown(mut self) -> String {
        let mut shown = Vec::new();
        // Reading ends with an error when no program has the terminal open.
        let _ = self.0.read_to_end(&mut shown);
        String::from_utf8(shown).unwrap().replace("\r\n", "\n")
    }
}

pub(crate) fn show(command: Command) -> String {
    let terminal = Terminal::new();
    let mut child = terminal.spawn(command);
    let shown = terminal.shown();
    child.wait().unwrap();
    shown
}

#[test]
fn samples_are_a_table_with_bold_headings() {
    let server = Server::start();
    server.put("k 23.7 1150864247");
    let table = |key| format!("{key}\n  2006-06-21 04:30:47 UTC        23.7\n");
    let get = || {
        let mut get = server.command(&["get", "k"]);
        get.env("TZ", "UTC");
        get
    };
    assert_eq!(show(get()), table("\u{1b}[1mk\u{1b}[0m"));
    let nothing = show(server.command(&["get", "nothing"]));
    assert_eq!(nothing, "metric: no samples of \"nothing\"\n");
    let inner = show(server.command(&["get", "*.b"]));
    assert_eq!(
        inner,
        "metric: no samples of \"*.b\"; a * matches only at the end of a key, where it matches dots, too, as ** does in the HTTP API\n"
    );
    let some = show(server.command(&["get", "j*", "k*", "j", "--since", "now"]));
    let told = ["\"j*\"", "\"k*\"", "\"j\""]
        .map(|of| format!("metric: no samples of {of} in that time\n"));
    assert_eq!(some, told.concat());
}

#[test]
fn many_refused_lines_are_cut_and_summarised() {
    let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
    let path = dir.path().join("lines.txt");
    fs::write(&path, "k 1 2\n".to_owned() + &"x\n".repeat(50)).unwrap();
    let shown = show(server.command(&["put", "--file", path.to_str().unwrap()]));
    assert_eq!(shown.matches("expected KEY").count(), 20 + 1, "{shown}");
    assert!(shown.contains("metric: further lines: 30: expected KEY VALUE [TIMESTAMP]\n"));
    let end = "metric: samples stored: 1, refused: 0, lines that are not samples: 50; \
               --report-all reports each\n";
    assert!(shown.ends_with(end), "{shown}");
}

/// Returns what stays on the screen. A bar that was cleared too soon was never drawn.
fn after_the_bar(shown: &str) -> &str {
    shown.rsplit_once("\u{1b}[2K").map_or(shown, |(_, after)| after)
}

#[test]
fn the_summary_replaces_the_bar() {
    let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
    let path = dir.path().join("all.csv");
    fs::write(&path, "k,1,2\nk,1,3\n").unwrap();
    let shown = show(server.command(&["import", path.to_str().unwrap()]));
    assert_eq!(
        after_the_bar(&shown),
        "metric: samples stored: 2, refused: 0, lines that are not samples: 0\n"
    );
    let shown = show(server.command(&["export", "nothing", "k", "--out", path.to_str().unwrap()]));
    let told = "metric: no samples of \"nothing\"\nmetric: samples written: 2\n";
    assert_eq!(after_the_bar(&shown), told);
}

#[test]
fn an_interrupt_leaves_no_bar_behind() {
    let (server, dir) = (Server::native(silent), tempfile::tempdir().unwrap());
    let path = dir.path().join("all.csv");
    let mut redirected = server.command(&["export"]);
    redirected.stdout(File::create(dir.path().join("redirected.csv")).unwrap());
    for command in [server.command(&["export", "--out", path.to_str().unwrap()]), redirected] {
        let mut terminal = Terminal::new();
        let child = terminal.spawn_redirected(command);
        let mut first = [0; 3];
        terminal.0.read_exact(&mut first).unwrap();
        interrupt(&child, Signal::INT);
        assert_eq!(end(child).code, Some(130));
        let shown = terminal.shown();
        let (_, end) = shown.rsplit_once("\u{1b}[2K").unwrap();
        assert_eq!(end, "metric: interrupted\n", "{shown:?}");
    }
}

#[test]
fn a_pipe_has_no_bar_beside_it() {
    let server = Server::strange(silent);
    let mut command = server.command(&["export", "--timeout", "1"]);
    command.stdout(Stdio::piped());
    let terminal = Terminal::new();
    let mut child = terminal.spawn_redirected(command);
    let shown = terminal.shown();
    child.wait().unwrap();
    let failure = "metric: the server did not answer in time; raise --timeout to wait longer\n";
    assert_eq!(shown, failure);
}

#[test]
fn ctrl_d_at_the_start_of_a_line_ends_the_input() {
    let commands = [&["put"][..], &["put", "--file", "-"], &["import", "--format", "text"]];
    for typed in ["k 1 2\n\u{4}", "\u{4}"] {
        for arguments in commands {
            let (server, mut terminal) = (Server::start(), Terminal::new());
            let mut command = server.command(arguments);
            command.stdin(terminal.open());
            let child = terminal.spawn(command);
            terminal.0.write_all(typed.as_bytes()).unwrap();
            assert_eq!(end(child).code, Some(0), "{arguments:?}");
            assert_eq!(server.samples().lines().count(), typed.lines().count() - 1);
        }
    }
}

#[test]
fn what_to_type_is_said_in_one_line() {
    for (arguments, form) in [
        (&["put"][..], "KEY VALUE [TIMESTAMP]"),
        (&["put", "--format", "csv"], "KEY,VALUE[,TIMESTAMP]"),
        (&["import"], "KEY,VALUE,TIMESTAMP"),
        (&["import", "-"], "KEY,VALUE,TIMESTAMP"),
        (&["import", "--format", "text"], "KEY VALUE TIMESTAMP"),
    ] {
        let (server, [typed, mut shown]) = (Server::start(), [(); 2].map(|()| Terminal::new()));
        let mut command = server.command(arguments);
        command.stdin(typed.open());
        let child = shown.spawn(command);
        let told = format!("metric: type {form}, one sample per line; Ctrl-D ends\r\n");
        let mut first = vec![0; told.len()];
        shown.0.read_exact(&mut first).unwrap();
        assert_eq!(String::from_utf8(first).unwrap(), told);
        (&typed.0).write_all(b"\x04").unwrap();
        assert_eq!(end(child).code, Some(0), "{arguments:?}");
    }
}
