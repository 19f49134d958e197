//! Help, completions and manual pages.

use std::fs;
use std::process::{Command, Stdio};

use crate::setup::Server;

const COMMANDS: [&str; 11] = [
    "put",
    "get",
    "watch",
    "plot",
    "agent",
    "export",
    "import",
    "ping",
    "board",
    "completions",
    "man",
];

#[test]
fn help_fits_a_terminal_of_80_columns() {
    let server = Server::closed();
    for command in COMMANDS.iter().map(|&command| Some(command)).chain([None]) {
        let arguments: Vec<_> = command.into_iter().chain(["--help"]).collect();
        let help = server.run(&arguments);
        help.assert_done(&help.stdout);
        let long = help.stdout.lines().find(|line| line.chars().count() > 80);
        assert_eq!((long, help.stdout.contains("Usage: metric")), (None, true), "{command:?}");
    }
}

#[test]
fn every_shell_has_completions_for_every_command() {
    let server = Server::closed();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let completions = server.run(&["completions", shell]);
        completions.assert_done(&completions.stdout);
        for command in COMMANDS {
            assert!(completions.stdout.contains(command), "{shell}: {command}");
        }
    }
    server.run(&["completions", "csh"]).assert_failed(2, "bash, elvish, fish, powershell, zsh");
}

#[test]
fn bash_reads_its_completions() {
    let completions = Server::closed().run(&["completions", "bash"]).stdout;
    let mut bash = Command::new("bash");
    bash.args(["-c", &format!("{completions}\ncomplete -p metric")]).stderr(Stdio::inherit());
    match bash.output() {
        Ok(output) => assert!(output.status.success() && !output.stdout.is_empty()),
        Err(error) => println!("skipped: {error}"),
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let (server, dir) = (Server::closed(), tempfile::tempdir().unwrap());
    let page = server.run(&["man"]);
    assert_eq!((page.code, page.stdout.contains(".TH metric 1")), (Some(0), true));
    assert!(page.stdout.contains("130 interrupted"));
    let folder = dir.path().join("man1");
    server.run(&["man", "--dir", folder.to_str().unwrap()]).assert_done("");
    for command in COMMANDS {
        let page = fs::read_to_string(folder.join(format!("metric-{command}.1"))).unwrap();
        assert!(page.contains(&format!("metric\\-{command}")), "{page}");
    }
    server.run(&["man", "--dir", "/dev/null/x"]).assert_failed(1, "cannot write to /dev/null/x");
}
