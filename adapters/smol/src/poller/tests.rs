//! Each change of a socket's state is noticed, though each is told once.

use std::future::poll_fn;
use std::io::{Read as _, Write as _};
use std::net::{self, TcpListener};
use std::thread;

use metric_tcp::Sleep;
use mio::net::TcpStream;
use smol::LocalExecutor;
use smol::channel::unbounded;
use smol::future::{or, poll_once, yield_now, zip};

use super::*;
use crate::polled::Polled;

fn poller() -> Rc<Poller> {
    Rc::new(Poller::new().unwrap())
}

/// Returns a connection's two sides, the first with a poller.
fn pair(poller: &Rc<Poller>) -> (Source<TcpStream>, net::TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let stream = listener.accept().unwrap().0;
    stream.set_nonblocking(true).unwrap();
    let interest = Interest::READABLE | Interest::WRITABLE;
    (Source::new(TcpStream::from_std(stream), interest, poller).unwrap(), peer)
}

/// Runs a future as a task, which goes on only when it is woken.
fn run<T>(poller: &Rc<Poller>, future: impl Future<Output = T>) -> T {
    let executor = LocalExecutor::new();
    poller.block_on(executor.run(executor.spawn(future)))
}

fn peek(stream: &TcpStream) -> io::Result<usize> {
    stream.peek(&mut [0])
}

/// Waits for bytes, then reads up to ten.
async fn read(source: &Source<TcpStream>) -> Vec<u8> {
    poll_fn(|context| source.poll_readable(context, peek)).await.unwrap();
    let mut bytes = [0; 10];
    let read = |context: &mut Context<'_>| {
        source.poll_read(context, 10, |mut stream| stream.read(&mut bytes))
    };
    let count = poll_fn(read).await.unwrap();
    bytes[..count].to_vec()
}

/// Whether a wait for bytes goes on after all events so far.
fn waits(poller: &Rc<Poller>, source: &Source<TcpStream>) -> bool {
    poller.block_on(async {
        poller.yield_now().await;
        poll_once(poll_fn(|context| source.poll_readable(context, peek))).await.is_none()
    })
}

thread_local! {
    static OTHER: RefCell<Option<Source<TcpStream>>> = const { RefCell::new(None) };
}

/// Does nothing when it wakes, and drops a source when it is dropped.
struct DropsOther;

impl Wake for DropsOther {
    fn wake(self: Arc<Self>) {}
}

impl Drop for DropsOther {
    fn drop(&mut self) {
        drop(OTHER.take());
    }
}

#[test]
fn a_replaced_waker_may_drop_another_source() {
    let poller = poller();
    let ((source, _peer), (other, _other_peer)) = (pair(&poller), pair(&poller));
    OTHER.set(Some(other));
    let waker = Waker::from(Arc::new(DropsOther));
    assert!(source.poll_readable(&Context::from_waker(&waker), peek).is_pending());
    drop(waker);
    assert!(source.poll_readable(&Context::from_waker(Waker::noop()), peek).is_pending());
    assert!(OTHER.take().is_none());
}

#[test]
fn a_wake_by_another_thread_ends_a_wait() {
    let poller = poller();
    let (question, questions) = unbounded();
    let (answer, answers) = unbounded();
    let answering = thread::spawn(move || {
        while let Ok(number) = questions.recv_blocking() {
            answer.send_blocking(number).unwrap();
        }
    });
    for number in 0..1_000 {
        question.send_blocking(number).unwrap();
        assert_eq!(poller.block_on(answers.recv()), Ok(number));
    }
    drop(question);
    answering.join().unwrap();
}

#[test]
fn a_wake_by_a_task_of_the_same_thread_is_not_lost() {
    let poller = poller();
    let turns = async {
        for _ in 0..1_000 {
            yield_now().await;
        }
    };
    poller.block_on(zip(turns, async {
        for _ in 0..1_000 {
            poller.yield_now().await;
        }
    }));
}

#[test]
fn bytes_and_the_end_are_noticed_whenever_they_come() {
    let poller = poller();
    // What arrives before the source is first asked, or between its reads.
    let (source, mut peer) = pair(&poller);
    assert!(waits(&poller, &source));
    for bytes in [&b"a"[..], b"0123456789", b"b"] {
        peer.write_all(bytes).unwrap();
        assert_eq!(run(&poller, read(&source)), bytes);
    }
    assert!(waits(&poller, &source));
    // What arrives while it waits.
    let writing = thread::spawn(move || {
        peer.write_all(b"late").unwrap();
        peer
    });
    assert_eq!(run(&poller, read(&source)), b"late");
    let mut peer = writing.join().unwrap();
    // A read that is just long enough leaves nothing, too.
    for _ in 0..2 {
        peer.write_all(b"0123456789").unwrap();
        assert_eq!(run(&poller, read(&source)), b"0123456789");
        assert!(waits(&poller, &source));
    }
    // Bytes that do not fit one read are left.
    peer.write_all(b"0123456789more").unwrap();
    assert_eq!(run(&poller, read(&source)), b"0123456789");
    assert_eq!(run(&poller, read(&source)), b"more");
    assert!(waits(&poller, &source));
    // The end comes with the last bytes, and is told as often as it is asked for.
    peer.write_all(b"last").unwrap();
    drop(peer);
    assert!(!waits(&poller, &source));
    assert_eq!(run(&poller, read(&source)), b"last");
    assert_eq!(run(&poller, read(&source)), b"");
    assert_eq!(run(&poller, read(&source)), b"");
}

#[test]
fn a_full_socket_is_written_to_when_it_has_room() {
    const WHOLE: usize = 32 << 20;
    let poller = poller();
    let (source, mut peer) = pair(&poller);
    let (full, told) = unbounded();
    let reading = thread::spawn(move || {
        told.recv_blocking().unwrap();
        peer.read_to_end(&mut Vec::new()).unwrap()
    });
    let mut written = 0;
    while written < WHOLE {
        let bytes = vec![0; (WHOLE - written).min(1 << 20)];
        let write = |context: &mut Context<'_>| {
            let written = source.poll_write(context, |mut to| to.write(&bytes));
            if written.is_pending() {
                full.send_blocking(()).unwrap();
            }
            written
        };
        written += run(&poller, poll_fn(write)).unwrap();
    }
    drop(source);
    assert_eq!(reading.join().unwrap(), WHOLE);
}

#[test]
fn a_socket_that_has_nothing_is_not_tried_before_an_event() {
    let poller = poller();
    let (source, mut peer) = pair(&poller);
    peer.write_all(b"a").unwrap();
    assert_eq!(run(&poller, read(&source)), b"a");
    peer.write_all(b"b").unwrap();
    assert!(!waits(&poller, &source));
    let mut tried = 0;
    let mut try_again = || {
        let nothing = |context: &mut Context<'_>| {
            let tried = |_: &TcpStream| {
                tried += 1;
                Err::<(), _>(ErrorKind::WouldBlock.into())
            };
            source.poll_io(context, tried)
        };
        assert!(poller.block_on(poll_once(poll_fn(nothing))).is_none());
    };
    try_again();
    try_again();
    assert_eq!(tried, 1);
}

#[test]
fn who_yields_lets_events_come() {
    let poller = poller();
    let (source, mut peer) = pair(&poller);
    peer.write_all(b"event").unwrap();
    let busy = async {
        loop {
            poller.yield_now().await;
        }
    };
    // The busy task is asked first, and is never done.
    let both = or(busy, read(&source));
    assert_eq!(run(&poller, both), b"event");
    // Nothing else wakes this one.
    run(&poller, poller.yield_now());
}

#[test]
fn a_wait_of_zero_lets_events_come() {
    let poller = poller();
    let (source, mut peer) = pair(&poller);
    peer.write_all(b"event").unwrap();
    let busy = async {
        loop {
            Polled::sleep(Duration::ZERO).await;
        }
    };
    assert_eq!(run(&poller, or(busy, read(&source))), b"event");
    // No poller runs this one.
    smol::block_on(Polled::sleep(Duration::ZERO));
}

#[test]
fn a_socket_can_go_to_another_poller() {
    let (first, second) = (poller(), poller());
    let (source, mut peer) = pair(&first);
    assert!(waits(&first, &source));
    let stream = source.into_inner().unwrap();
    assert!(first.slots.borrow().is_empty());
    let source = Source::new(stream, Interest::READABLE, &second).unwrap();
    peer.write_all(b"moved").unwrap();
    assert_eq!(run(&second, read(&source)), b"moved");
    drop(source);
    assert!(second.slots.borrow().is_empty());
}
