//! Checks the log.

use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::running::Running;

pub(super) fn start(program: &Path) {
    let bounds = ["--max-connections=7", "--max-series=8", "--max-samples=9", "--max-key=300"];
    let log = Running::start(program, &bounds).stop().log;
    let first = log.lines().next().expect("a line");
    let name = program.file_name().and_then(|name| name.to_str()).expect("a name");
    for part in [
        name,
        "at most 7 connections (",
        "8 series (",
        "9 samples in each (576 bytes",
        "of up to 300 bytes",
    ] {
        assert!(first.contains(part), "{first}");
    }
    assert!(!log.contains("WARN"), "{log}");
    let mut command = Command::new(program);
    command.args(["--listen", "127.0.0.1:0", "--listen", "0.0.0.0:0"]);
    let outcome = Running::start_command(command).stop();
    let second = outcome.stdout.lines().next().and_then(|line| line.strip_prefix("listening on "));
    let open = second.expect("the second address");
    let warnings: Vec<_> = outcome.log.lines().filter(|line| line.contains("WARN")).collect();
    let (_, port) = open.rsplit_once(':').expect("a port");
    assert!(
        matches!(warnings[..], [line] if line.contains("anyone in the network")
            && line.contains(open)
            && line.contains(&format!("`--listen 127.0.0.1:{port}`"))),
        "{}",
        outcome.log
    );
}

pub(super) fn peers(program: &Path) {
    let server = Running::start(program, &["--log", "debug"]);
    let mut stream = server.connect();
    let peer = stream.local_addr().expect("it has one");
    stream.write_all(b"put a 1 2\nhello\nget a\n").expect("the server reads");
    server.wait_for_log(&format!("{peer} connected"));
    server.wait_for_log(&format!("{peer} sent wrong commands: 1, such as \"hello\""));
    drop(stream);
    // Closing with unread bytes resets the connection.
    server.wait_for_log("; requests: 2; wrong commands: 1");
    let idle = server.connect();
    let peer = idle.local_addr().expect("it has one");
    server.wait_for_log(&format!("{peer} connected"));
    let log = server.stop().log;
    assert!(log.contains(&format!("{peer} ended; requests: 0; wrong commands: 0")), "{log}");
    let quiet = Running::start(program, &[]);
    let _ = quiet.ask("hello\n");
    assert!(!quiet.stop().log.contains("127.0.0.1"), "peers are named at debug alone");
}

pub(super) fn counters(program: &Path) {
    let server = Running::start(program, &["--max-series", "1", "--max-samples", "1"]);
    let _ = server.ask("put a 1 1\nput a 1 2\nput a 1 1\nput b 1 1\nget *\nhello\n\n");
    let _ = server.ask("get a\n");
    server.wait_for_counters(
        "connections: 0 open, 2 in all, 0 broken, 0 timed out; \
         requests: 6; wrong commands: 2, of them too long: 0; \
         samples: 1, refused: 2, evicted: 1; series: 1",
    );
}

pub(super) fn refusals(program: &Path) {
    let since = Instant::now();
    let server = Running::start(program, &["--max-series", "1"]);
    for _ in 0..5 {
        let lines = format!("put b 1 1\nhello\nget {}\n", "k".repeat(256));
        let _ = server.ask(&("put a 1 1\n".to_owned() + &lines.repeat(200)));
        std::thread::sleep(Duration::from_millis(400));
    }
    let log = server.stop().log;
    for cause in ["wrong command (", "no room for another series", "request refused"] {
        let lines: Vec<_> = log.lines().filter(|line| line.contains(cause)).collect();
        let counts = lines.iter().filter_map(|line| line.rsplit_once('(')?.1.split_once(' '));
        let sum: u32 = counts.filter_map(|(count, _)| count.parse::<u32>().ok()).sum();
        // At most one line for the second that has begun, and one for the counters at the end.
        let most = since.elapsed().as_secs() as usize + 2;
        assert!(lines.len() <= most && sum == 1000, "{log}");
    }
}

pub(super) fn log_off(program: &Path) {
    let server = Running::start(program, &["--log", "off"]);
    let _ = server.ask("hello\n");
    assert_eq!(server.stop().log, "");
}

pub(super) fn unread_log(program: &Path) {
    let mut command = Command::new(program);
    command.args(["--listen", "127.0.0.1:0"]);
    let server = Running::start_unheard(command);
    for _ in 0..2_000 {
        server.signal(Signal::USR1);
        std::thread::sleep(Duration::from_micros(100));
    }
    assert_eq!(server.ask("put a 1 2\n"), "ok\n\n");
    server.signal(Signal::TERM);
    // The log is still blocked, but the server ends.
    while TcpStream::connect(server.address()).is_ok() {
        std::thread::sleep(Duration::from_millis(20));
    }
}
