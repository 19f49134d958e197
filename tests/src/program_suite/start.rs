//! Checks the start: options, help, the port, and the line on standard output.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};

use crate::running::Running;

fn execute(program: &Path, options: &[&str]) -> Output {
    Command::new(program).args(options).output().expect("the program starts")
}

pub(super) fn help_and_version(program: &Path) {
    let help = execute(program, &["--help"]);
    let text = String::from_utf8(help.stdout).expect("help is text");
    assert!(help.status.success() && help.stderr.is_empty());
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    for option in [
        "listen",
        "max-connections",
        "idle-timeout",
        "grace",
        "max-series",
        "max-samples",
        "max-key",
        "data",
        "sync",
        "keep-bytes",
        "keep-age",
        "forget",
    ] {
        assert!(text.contains(&format!("--{option} <")), "{option}");
    }
    let version = String::from_utf8(execute(program, &["--version"]).stdout).expect("text");
    let name = program.file_name().and_then(|name| name.to_str()).expect("a name");
    assert!(version.starts_with(&format!("{name} ")), "{version}");
}

pub(super) fn full_output(program: &Path) {
    // Not every system has a disk that is always full.
    let Ok(full) = File::options().write(true).open("/dev/full") else { return };
    let help = Command::new(program).arg("--help").stdout(full).output().expect("it starts");
    let line = String::from_utf8(help.stderr).expect("text");
    assert_eq!((help.status.code(), line.lines().count()), (Some(1), 1), "{line}");
    assert!(line.starts_with("error: cannot write the output: "), "{line}");
}

pub(super) fn wrong_options(program: &Path) {
    let wrong: [&[&str]; 31] = [
        &["--no-such-option"],
        &["stray"],
        &["--listen", "non sense"],
        &["--listen", "8888"],
        &["--listen", "::1:8888"],
        &["--listen", "127.0.0.1:65536"],
        &["--max-series", "0"],
        &["--max-key", "254"],
        &["--max-key", "1001"],
        &["--max-key", "0"],
        &["--max-key", "18446744073709551616"],
        &["--max-key", "many"],
        &["--idle-timeout", "soon"],
        &["--log", "loud"],
        &["--threads"],
        &["--max-memory", "much"],
        &["--sync", "always"],
        &["--data", "d", "--sync", "kill"],
        &["--keep-bytes", "64M"],
        &["--data", "d", "--keep-bytes", "67108863"],
        &["--keep-age", "30d"],
        &["--data", "d", "--keep-age", "30"],
        &["--forget", "0s"],
        &["--forget", "soon"],
        &["--data", ""],
        &["check"],
        &["backup", "a"],
        &["--host", "bad host"],
        &["--host", "http://palm.example"],
        &["--listen", "a\u{1b}[31mb\n\nc"],
        &["a\u{1b}]0;b\u{7}"],
    ];
    for options in wrong {
        let output = execute(program, options);
        let line = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert_eq!((line.lines().count(), output.stdout.len()), (1, 0), "{line}");
        assert!(line.starts_with("error: ") && line.ends_with("; see --help\n"), "{line}");
        assert!(!line.trim_end().contains(char::is_control), "{line:?}");
        // These are words of libraries, for programmers.
        assert!(
            !["..=", "is not in", "invalid digit"].iter().any(|raw| line.contains(raw)),
            "{line}"
        );
        if let Some(bad) = options.last().filter(|bad| bad.contains('\u{1b}')) {
            assert!(line.contains(&*bad.escape_debug().to_string()), "{line}");
        }
    }
}

pub(super) fn no_such_address(program: &Path) {
    let unknown = [("nowhere.invalid", "nowhere.invalid:8888"), ("fe80::1%no-such", "'no-such'")];
    // This address is reserved for documentation, so no machine has it.
    for (address, told) in unknown.into_iter().chain([("203.0.113.1:0", "203.0.113.1:0")]) {
        let output = execute(program, &["--listen", address]);
        let line = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!((line.lines().count(), output.stdout.len()), (1, 0), "{line}");
        assert!(line.starts_with("error: cannot listen") && line.contains(told), "{line}");
    }
}

pub(super) fn several_addresses(program: &Path) {
    let other = TcpListener::bind("[::1]:0").or_else(|_| TcpListener::bind("127.0.0.2:0"));
    let other = other.and_then(|listener| listener.local_addr()).expect("a free port").to_string();
    let server = Running::start(program, &["--listen", &other, "--listen", &other]);
    let mut streams = [server.connect(), TcpStream::connect(&other).expect("it listens there")];
    for stream in streams.iter_mut().chain([&mut server.connect()]) {
        stream.write_all(b"get a\n").expect("the server reads");
        stream.read_exact(&mut [0; 4]).expect("a reply");
    }
    let first = server.address();
    let told = format!("listening on {other}\npage at http://{first}/\npage at http://{other}/\n");
    assert_eq!(server.stop().stdout, told);
}

pub(super) fn taken_port(program: &Path) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    for others in [&[][..], &["--listen", "127.0.0.1:0"]] {
        let output = execute(program, &[&["--listen", &address], others].concat());
        let line = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!((line.lines().count(), output.stdout.len()), (1, 0), "{line}");
        assert!(line.matches(&address).count() == 1 && line.contains("in use"), "{line}");
    }
}

pub(super) fn output(program: &Path) {
    let server = Running::start(program, &[]);
    assert_ne!(server.address().port(), 0);
    assert_eq!(server.ask("put a 1 2\nget a\n"), "ok\n\nok\na 1.0 2\n\n");
    let page = format!("page at http://{}/\n", server.address());
    assert_eq!(server.stop().stdout, page);
    let server = Running::start(program, &["--http", "off"]);
    assert_eq!(server.stop().stdout, "");
}

pub(super) fn same_port(program: &Path) {
    let server = Running::start(program, &[]);
    let address = server.address().to_string();
    let open = server.connect();
    assert_eq!(server.ask("get a\n"), "ok\n\n");
    assert_eq!(server.stop().status.code(), Some(0));
    let mut command = Command::new(program);
    command.args(["--listen", &address]);
    let again = Running::start_command(command);
    assert_eq!(again.address().to_string(), address);
    drop(open);
}
