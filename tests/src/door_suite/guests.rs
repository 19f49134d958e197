//! Checks that a web page cannot make a browser store anything.

use super::{Setup, send};
use crate::running::Running;

pub(super) fn others(setup: &Setup<'_>) {
    let server = Running::start(setup.program, &["--opentsdb", "0.0.0.0:0"]);
    let port = server.told("OpenTSDB at ").port();
    let log = server.stop().log;
    let warning =
        log.lines().find(|line| line.contains("anyone in the network")).expect("it is told");
    assert!(
        warning.contains(&format!("at 0.0.0.0:{port}; `--opentsdb 127.0.0.1:{port}`")),
        "{log}"
    );
}

pub(super) fn refused(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let doors = [server.graphite(), server.pickle(), server.opentsdb()];
    for (door, body) in doors.into_iter().zip(["a 1 1\n", "\0\0\0\x03].", "put a 1 1 b=c\n"]) {
        let length = body.len();
        let request =
            format!("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}");
        assert_eq!(send(door, request.as_bytes()), "");
    }
    assert!(server.samples().is_empty());
    server.wait_for("metric_graphite_faults_total{cause=\"http\"}", 1);
    server.wait_for("metric_opentsdb_faults_total{cause=\"http\"}", 1);
}
