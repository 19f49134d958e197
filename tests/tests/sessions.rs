//! The desktop adapters serve any session, and send nothing that is not committed.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use metric_tcp::{ServerHandle, Settings};
use metric_tests::echo::Echo;

type Serve = fn(TcpListener, &Settings, &ServerHandle);

const SERVERS: [(&str, Serve); 2] = [
    ("smol", |listener, settings, handle| {
        let served = metric_smol::serve_sessions([listener], |_| Echo::default(), settings, handle);
        smol::block_on(served).unwrap();
    }),
    ("async-std", |listener, settings, handle| {
        let served =
            metric_async_std::serve_sessions([listener], |_| Echo::default(), settings, handle);
        async_std::task::block_on(served).unwrap();
    }),
];

#[test]
fn lines_are_echoed_once_they_are_committed() {
    check(b"one\ntwo\nhalf", b"one\ntwo\n");
}

#[test]
fn nothing_leaves_of_a_commit_that_fails() {
    check(b"one\nfail\ntwo\n", b"");
    check(b"fail\n", b"");
}

#[test]
fn a_session_may_close_the_connection() {
    check(b"one\nbye\ntwo\n", b"one\nbye\n");
}

/// Fails unless each server sends these bytes back, and then the end of the stream or a reset.
fn check(sent: &[u8], due: &[u8]) {
    for (name, serve) in SERVERS {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (settings, handle) = (Settings::default(), ServerHandle::default());
        thread::scope(|scope| {
            scope.spawn(|| serve(listener, &settings, &handle));
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(sent).unwrap();
            if due.ends_with(b"two\n") {
                stream.shutdown(std::net::Shutdown::Write).unwrap();
            }
            let mut received = Vec::new();
            let _ = stream.read_to_end(&mut received);
            handle.stop();
            assert_eq!(received, due, "{name}");
        });
    }
}
