//! Checks the start and the end of a server with doors.

use std::io::Write;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::Command;

use rustix::process::Signal;

use super::Setup;

/// The number of samples by each way.
const EACH: usize = 100;

pub(super) fn stored(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let mut stream = TcpStream::connect(server.graphite()).expect("the door accepts");
    stream.write_all(b"first 1 1\n").expect("the door reads");
    server.wait_for("metric_graphite_samples_total", 1);
    // The kernel holds these until the server goes on, to find the stop first.
    server.running.signal(Signal::STOP);
    for time in 0..EACH {
        socket.send_to(format!("udp 1 {time}").as_bytes(), server.graphite()).expect("it is sent");
    }
    server.running.signal(Signal::TERM);
    server.running.signal(Signal::CONT);
    let outcome = server.running.wait();
    assert_eq!(outcome.status.code(), Some(0), "{}", outcome.log);
    let told = format!("graphite: samples stored: {},", EACH + 1);
    assert!(outcome.log.contains(&told), "{}", outcome.log);
    drop(stream);
}

pub(super) fn taken(setup: &Setup<'_>) {
    for option in ["--graphite", "--graphite-pickle", "--opentsdb"] {
        let taken = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let address = taken.local_addr().expect("it has one").to_string();
        refused(setup, option, &address);
    }
    // A free port of TCP whose datagrams go to somebody else.
    let taken = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let address = taken.local_addr().expect("it has one").to_string();
    refused(setup, "--graphite", &address);
}

fn refused(setup: &Setup<'_>, option: &str, address: &str) {
    let mut command = Command::new(setup.program);
    let output = command.args(["--listen", "127.0.0.1:0", option, address]).output();
    let output = output.expect("the program starts");
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{log}");
    assert!(log.contains(address) && log.contains(&format!("use {option} HOST:PORT")), "{log}");
}
