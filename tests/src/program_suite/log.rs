//! Checks the log.

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::running::Running;

pub(super) fn counters(program: &Path) {
    let server = Running::start(program, &["--max-series", "1", "--max-samples", "1"]);
    let _ = server.ask("put a 1 1\nput a 1 2\nput a 1 1\nput b 1 1\nget *\nhello\n\n");
    let _ = server.ask("get a\n");
    server.wait_for_counters(
        "connections: 0 open, 2 in all, 0 broken, 0 timed out; requests: 6; wrong commands: 2; \
         samples: 1, refused: 2, evicted: 1; series: 1",
    );
}

pub(super) fn refusals(program: &Path) {
    let since = Instant::now();
    let server = Running::start(program, &["--max-series", "1"]);
    for _ in 0..5 {
        let _ = server.ask(&("put a 1 1\n".to_owned() + &"put b 1 1\nhello\n".repeat(200)));
        std::thread::sleep(Duration::from_millis(400));
    }
    let log = server.stop().log;
    for cause in ["wrong command", "the table of series is full"] {
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
