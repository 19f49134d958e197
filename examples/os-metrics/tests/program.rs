//! The program itself, from the command line to the last line.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::thread;

fn program(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_os-metrics")).args(arguments).output().unwrap()
}

fn errors(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned).collect()
}

#[test]
fn every_round_arrives() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
        lines.inspect(|_| stream.write_all(b"ok\n\n").unwrap()).collect::<Vec<_>>()
    });
    let output = program(&[&address, "--every", "1", "--count", "3", "--host", "palm"]);
    assert_eq!(output.status.code(), Some(0), "{:?}", errors(&output));

    let lines = server.join().unwrap();
    let last =
        format!("stopped; samples sent: {}, refused: 0, dropped: 0, left unsent: 0", lines.len());
    assert_eq!(errors(&output).last(), Some(&last));
    let timestamps = |key: &str| -> Vec<i64> {
        let puts = lines.iter().filter_map(|line| line.strip_prefix(&format!("put {key} ")));
        puts.map(|rest| rest.split_once(' ').unwrap().1.parse().unwrap()).collect()
    };
    // Not every machine has a disk that it knows of.
    for key in ["palm.cpu", "palm.usage", "palm.network_usage"] {
        let times = timestamps(key);
        assert_eq!(times.len(), 3, "{key}");
        assert!(times.is_sorted_by(|a, b| a < b), "{key}: {times:?}");
    }
}

#[test]
fn a_server_that_never_comes_leaves_samples_unsent_and_is_no_failure() {
    // A port that nobody listens at, and that no other test is given.
    let address = "127.0.0.1:1";
    let output = program(&[address, "--count", "1"]);
    assert_eq!(output.status.code(), Some(0));
    let errors = errors(&output);
    assert!(errors[1].starts_with(&format!("cannot connect to {address}, trying again: ")));
    assert!(
        errors[2].starts_with("stopped; samples sent: 0, refused: 0, dropped: 0, left unsent: ")
    );
}

#[test]
fn wrong_options_are_refused_in_a_line() {
    let cases: [&[&str]; 6] = [
        &["--every", "0"],
        &["--every", "86401"],
        &["--queue", "0"],
        &["--host", "a b"],
        &["localhost"],
        &["--nonsense"],
    ];
    for arguments in cases {
        let output = program(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let errors = errors(&output);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].ends_with("; --help shows the options"), "{errors:?}");
    }
}

#[test]
fn help_fits_a_terminal_of_80_columns() {
    let output = program(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
}
