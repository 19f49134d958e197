//! Checks that a web page cannot make a browser store anything.

use super::{Setup, send};

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
