//! The desktop adapters serve any session, send only what is committed, and hand connections over.
//! Each listener has its own protocol.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::{io, thread};

use embedded_io_async::{Read, Write};

use metric_async_std::AsyncStd;
use metric_smol::Smol;
use metric_tcp::{Accepted, HandedOver, ServerHandle, Settings, connection};
use metric_tests::echo::Echo;

type Serve = fn([(TcpListener, Protocol); 2], &Settings, &ServerHandle);

/// The protocol of a listener.
#[derive(Clone, Copy, PartialEq)]
enum Protocol {
    Echo,
    /// Sends all bytes back in capitals.
    Capitals,
}

impl metric_tcp::Protocol for Protocol {}

const SERVERS: [(&str, Serve); 2] = [
    ("smol", |listeners, settings, handle| {
        let serve = |Accepted { stream, peer, protocol, guard }| async move {
            if protocol == Protocol::Capitals {
                return capitals(stream, b"").await;
            }
            let echo = Accepted { stream, peer, protocol, guard };
            match connection::<Smol, _, _, _>(echo, Echo::default(), settings).await {
                Some(HandedOver { stream, unread, .. }) => capitals(stream, &unread).await,
                None => Ok(()),
            }
        };
        let served = metric_smol::serve_connections(listeners, serve, settings, handle);
        smol::block_on(served).unwrap();
    }),
    ("async-std", |listeners, settings, handle| {
        let settings = &settings.clone();
        let serve = |Accepted { stream, peer, protocol, guard }| {
            let settings = settings.clone();
            async move {
                if protocol == Protocol::Capitals {
                    return capitals(stream, b"").await;
                }
                let echo = Accepted { stream, peer, protocol, guard };
                match connection::<AsyncStd, _, _, _>(echo, Echo::default(), &settings).await {
                    Some(HandedOver { stream, unread, .. }) => capitals(stream, &unread).await,
                    None => Ok(()),
                }
            }
        };
        let served = metric_async_std::serve_connections(listeners, serve, settings, handle);
        async_std::task::block_on(served).unwrap();
    }),
];

/// Serves the protocol `Capitals`, beginning with the bytes already received.
async fn capitals<S: Read<Error = io::Error> + Write>(
    mut stream: S,
    unread: &[u8],
) -> io::Result<()> {
    let mut received = unread.to_vec();
    loop {
        received.make_ascii_uppercase();
        stream.write_all(&received).await?;
        received.resize(100, 0);
        let count = stream.read(&mut received).await?;
        received.truncate(count);
        if count == 0 {
            return Ok(());
        }
    }
}

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

#[test]
fn what_was_received_is_handed_over_with_the_connection() {
    check(b"one\nraw\ntwo\nhalf", b"one\nraw\nTWO\nHALF");
    check(b"raw\nx", b"raw\nX");
}

#[test]
fn each_listener_has_its_protocol() {
    check_as(Protocol::Capitals, b"one\ntwo", b"ONE\nTWO");
}

fn check(sent: &[u8], due: &[u8]) {
    check_as(Protocol::Echo, sent, due);
}

/// Fails unless each server sends these bytes and then ends the stream or resets the connection.
fn check_as(protocol: Protocol, sent: &[u8], due: &[u8]) {
    for (name, serve) in SERVERS {
        let listeners = [Protocol::Capitals, Protocol::Echo]
            .map(|protocol| (TcpListener::bind("127.0.0.1:0").unwrap(), protocol));
        let (listener, _) = listeners.iter().find(|(_, spoken)| *spoken == protocol).unwrap();
        let address = listener.local_addr().unwrap();
        let (settings, handle) = (Settings::default(), ServerHandle::default());
        thread::scope(|scope| {
            scope.spawn(|| serve(listeners, &settings, &handle));
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(sent).unwrap();
            // A session that closes may have done so already.
            let _ = stream.shutdown(Shutdown::Write);
            let mut received = Vec::new();
            let _ = stream.read_to_end(&mut received);
            handle.stop();
            assert_eq!(received, due, "{name}");
        });
    }
}
