//! Checks datagrams of Graphite.

use std::net::UdpSocket;

use super::Setup;

pub(super) fn stored(setup: &Setup<'_>) {
    let server = setup.start(&["--time-unit", "ms"]);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let long = format!("{}\n", "x".repeat(60_000));
    for datagram in ["a 1 1\nfoo\r\nb;d=1;c=2 2 2", "", "\n", "\0", &long, "a 3 3.5"] {
        socket.send_to(datagram.as_bytes(), server.graphite()).expect("it is sent");
    }
    server.wait_for("metric_graphite_samples_total", 3);
    assert_eq!(server.samples(), ["a 1.0 1000", "a 3.0 3500", "b;c=2;d=1 2.0 2000"]);
    server.wait_for("metric_graphite_faults_total{cause=\"form\"}", 2);
    server.wait_for("metric_graphite_faults_total{cause=\"long_line\"}", 1);
}
