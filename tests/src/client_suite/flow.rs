//! Checks long streams through small buffers.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::sleep;
use std::time::Duration;

use fastrand::Rng;
use metric_driver::client::{Answer, Answers};
use metric_proto::{Key, Sample, Selector};

use super::peer::{Peer, read_lines};
use super::subject::{Kind, Subject};

/// Checks that a client and a slow server never wait for each other, and that samples of a listing
/// are visited as they arrive.
///
/// # Panics
///
/// If the client fails a check.
pub async fn check_flow<K: Kind>(kind: &K) {
    many_puts_to_a_slow_server_with_tiny_buffers_come_to_an_end(kind).await;
    a_listing_is_shown_before_it_has_come(kind).await;
}

/// The time-out that detects two sides waiting for each other. It is longer than any regular pause.
const STUCK: Duration = Duration::from_secs(20);

async fn many_puts_to_a_slow_server_with_tiny_buffers_come_to_an_end<K: Kind>(kind: &K) {
    let peer = Peer::start_narrow(slow_server);
    let mut client = kind.connect(peer.address(), STUCK).await;
    let key = Key::new("a.key.of.a.usual.length").expect("a key");
    let samples = (0..K::MANY as i64).map(|time| (key, Sample::new(0.5, time).expect("finite")));
    let mut due = 0..K::MANY;
    let answered = |index, answer| assert_eq!((Some(index), answer), (due.next(), Answer::Refused));
    let all = Answers { stored: 0, refused: K::MANY };
    assert_eq!(client.put_all(samples, answered).await, Ok(all));
    assert!(due.is_empty());
}

/// Refuses everything, since that reply is the longest, and reads nothing while it cannot send.
fn slow_server(mut stream: TcpStream) {
    let (mut random, mut buffer) = (Rng::with_seed(1), [0; 1500]);
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        if random.u8(..) == 0 {
            sleep(Duration::from_millis(1));
        }
        let lines = buffer[..count].iter().filter(|byte| **byte == b'\n').count();
        if stream.write_all("error\nwrong command\n\n".repeat(lines).as_bytes()).is_err() {
            return;
        }
    }
}

/// A line of the listing.
const LINE: &str = "a.key.of.a.usual.length 0.5 12345\n";

/// The number of lines in the listing: more than kernel buffers hold.
const LINES: usize = 600_000;

/// Twice the size of the kernel buffers of both sides.
const KEPT: usize = 12 << 20;

async fn a_listing_is_shown_before_it_has_come<K: Kind>(kind: &K) {
    let sent = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&sent);
    let peer = Peer::start(move |mut stream| {
        read_lines(&mut stream, 1);
        let _ = stream.write_all(b"ok\n");
        let some = LINE.repeat(1000);
        for _ in 0..LINES / 1000 {
            counter.fetch_add(some.len(), SeqCst);
            let _ = stream.write_all(some.as_bytes());
        }
        let _ = stream.write_all(b"\n");
    });
    let mut client = kind.connect(peer.address(), STUCK).await;
    let mut shown = 0;
    let visit = |_: Key<'_>, _| {
        let waiting = sent.load(SeqCst) - shown * LINE.len();
        assert!(waiting <= KEPT, "{waiting} bytes were received and not visited");
        shown += 1;
    };
    assert_eq!(client.samples(Selector::All, visit).await, Ok(()));
    assert_eq!(shown, LINES);
}
