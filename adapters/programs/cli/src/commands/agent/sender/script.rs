//! Runs the sender against a server that follows a script.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::ops::RangeInclusive;
use std::time::Duration;

use metric_smol::Client;
use smol::future::{block_on, or, zip};
use smol::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use smol::{Async, Timer};

use super::super::backoff::Backoff;
use super::super::outbox::Outbox;
use super::{Notice, Refused, Sender};
use crate::failure::Failure;
use crate::time::Unit;

/// Longer than any test takes. A wait of this length is a failure.
pub(crate) const HANG: Duration = Duration::from_secs(30);

type Listener = Async<TcpListener>;
type Stream = Async<TcpStream>;

/// The first pause of a sender. It doubles, so a test with many pauses hangs.
pub(crate) const PAUSE: Duration = Duration::from_millis(1);

/// Sends the samples of the outbox until `server` has ended and all are sent. Returns the notices.
pub(crate) fn perform(
    outbox: &Outbox,
    connect: impl AsyncFnMut(&str) -> io::Result<Client>,
    server: impl AsyncFnOnce(Listener),
) -> Vec<String> {
    perform_to_pause(outbox, connect, server).0
}

/// Does the same as [`perform`], and also returns the next pause.
pub(crate) fn perform_to_pause(
    outbox: &Outbox,
    mut connect: impl AsyncFnMut(&str) -> io::Result<Client>,
    server: impl AsyncFnOnce(Listener),
) -> (Vec<String>, Duration) {
    let listener = Listener::bind(([127, 0, 0, 1], 0)).unwrap();
    let address = listener.get_ref().local_addr().unwrap().to_string();
    let mut told = Vec::new();
    let tell = |notice| told.push(text(&notice));
    let connect = async || {
        let connected = connect(&address).await;
        let client = connected.map_err(|error| Refused::Away(Failure::failed(error)))?;
        Ok((client, Unit::Second))
    };
    let mut sender = Sender { outbox, connect, backoff: Backoff::new(PAUSE, HANG), tell };
    let serving = async {
        server(listener).await;
        outbox.stop();
    };
    block_on(or(zip(sender.run(), serving), hang())).0.unwrap();
    let pause = sender.backoff.next_pause();
    (told, pause)
}

fn text(notice: &Notice) -> String {
    match notice {
        Notice::Unreachable(failure) => format!("unreachable: {failure}"),
        Notice::Connected => "connected".to_owned(),
        Notice::Lost(error) => format!("lost: {error}"),
    }
}

async fn hang<T>() -> T {
    Timer::after(HANG).await;
    panic!("the script does not end")
}

/// Accepts a connection, expects puts with these timestamps, and sends `answer`.
pub(crate) async fn play(
    listener: &Listener,
    timestamps: RangeInclusive<i64>,
    answer: &str,
) -> Stream {
    let (stream, _) = listener.accept().await.unwrap();
    go_on(&stream, timestamps, answer).await;
    stream
}

/// Expects further puts on a connection, and sends `answer`.
pub(crate) async fn go_on(mut stream: &Stream, timestamps: RangeInclusive<i64>, answer: &str) {
    let mut reader = BufReader::new(stream);
    for timestamp in timestamps {
        let mut line = String::new();
        reader.read_line(&mut line).await.unwrap();
        assert_eq!(line, format!("put palm.cpu 23.7 {timestamp}\n"));
    }
    assert_eq!(reader.buffer(), b"", "more was sent than the script expects");
    stream.write_all(answer.as_bytes()).await.unwrap();
}

pub(crate) async fn patiently(address: &str) -> io::Result<Client> {
    Client::connect(address, HANG).await
}
