//! A connection as hyper reads and writes it, with its deadlines.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_lite::{AsyncRead, AsyncWrite};
use hyper::StatusCode;
use hyper::rt::{Read, ReadBufCursor, Write};

use crate::framing::Framing;
use crate::phase::{Deadline, Phase, SLOWEST_READER};
use crate::web::Sleep;

/// A byte stream of any runtime.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A stream that fails with [`io::ErrorKind::TimedOut`] if its peer keeps the server waiting. A read ends
/// where a head or a body does.
pub(crate) struct Stream<T> {
    io: T,
    /// Bytes that were received before and are read first.
    unread: Box<[u8]>,
    /// How many of these were read.
    read: usize,
    framing: Framing,
    phase: Arc<Phase>,
    reading: Deadline,
    writing: Deadline,
    sleep: Sleep,
    /// With which status hyper itself refused a head.
    refused: Option<StatusCode>,
}

/// How much is read at once.
const PIECE: usize = 8 * 1024;

impl<T> Stream<T> {
    pub(crate) fn new(io: T, unread: Box<[u8]>, phase: Arc<Phase>, sleep: Sleep) -> Self {
        let (read, reading, writing, refused) = Default::default();
        Self { io, unread, read, framing: Framing::START, phase, reading, writing, sleep, refused }
    }

    /// Returns what was streamed over, and with which status a head was refused that nobody was told of.
    pub(crate) fn into_inner(self) -> (T, Option<StatusCode>) {
        (self.io, self.refused)
    }
}

impl<T: AsyncRead + Unpin> Read for Stream<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.read == this.unread.len() {
            let mut piece = [0; PIECE];
            let count = ready!(this.receive(context, &mut piece))?;
            (this.unread, this.read) = (piece[..count].into(), 0);
        }
        if let Some(body) = this.phase.take_body() {
            this.framing.begin(body);
        }
        let end = this.unread.len().min(this.read.saturating_add(buffer.remaining()));
        let piece = &mut this.unread[this.read..end];
        let count = this.framing.pass(piece);
        buffer.put_slice(&piece[..count]);
        this.phase.read(count);
        this.read += count;
        if this.read == this.unread.len() {
            (this.unread, this.read) = Default::default();
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + Unpin> Stream<T> {
    /// Receives bytes, unless the peer takes too long.
    fn receive(&mut self, context: &mut Context<'_>, piece: &mut [u8]) -> Poll<io::Result<usize>> {
        if let Poll::Ready(count) = Pin::new(&mut self.io).poll_read(context, piece) {
            return Poll::Ready(count);
        }
        self.phase.wake(context.waker());
        if self.phase.ends_input() {
            return Poll::Ready(Ok(0));
        }
        self.reading.poll(self.phase.patience(), self.sleep, context).map(Err)
    }
}

impl<T: AsyncWrite + Unpin> Write for Stream<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if let Some(status) = refused(bytes) {
            this.refused = Some(status);
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(&mut this.io).poll_write(context, bytes);
        if written.is_ready() {
            this.writing = Deadline::default();
            return written;
        }
        this.writing.poll(Some((SLOWEST_READER, 0)), this.sleep, context).map(Err)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.io).poll_flush(context))?;
        Poll::Ready(Ok(()))
    }

    /// Does nothing: whoever owns the stream closes it.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Returns the status of what hyper writes when it refuses a head: a status without a word of why. Other
/// refusals have one.
fn refused(bytes: &[u8]) -> Option<StatusCode> {
    let status = StatusCode::from_bytes(bytes.strip_prefix(b"HTTP/1.1 ")?.get(..3)?).ok()?;
    // Most replies are no refusals, and are not searched.
    if !status.is_client_error() {
        return None;
    }
    let head = bytes.windows(END.len()).position(|piece| piece == END)? + END.len();
    let is_empty = bytes.windows(EMPTY.len()).any(|piece| piece == EMPTY);
    (head == bytes.len() && is_empty).then_some(status)
}

const EMPTY: &[u8] = b"\r\ncontent-length: 0\r\n";
const END: &[u8] = b"\r\n\r\n";

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::sync::atomic::AtomicBool;
    use std::sync::atomic::Ordering::Relaxed;
    use std::task::{Wake, Waker};
    use std::time::Duration;

    use hyper::rt::ReadBuf;

    use super::*;
    use crate::framing::Length;
    use crate::web::Sleeping;

    thread_local! {
        /// The time of the runtime.
        static NOW: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }

    /// Waits on a clock that goes on when a test says so.
    fn sleep(duration: Duration) -> Sleeping {
        let end = NOW.get() + duration;
        let is_over = move |_: &mut Context<'_>| {
            if NOW.get() >= end { Poll::Ready(()) } else { Poll::Pending }
        };
        Box::pin(poll_fn(is_over))
    }

    /// A peer that has sent, and takes, a number of bytes.
    #[derive(Default)]
    struct Peer {
        sent: usize,
        takes: usize,
    }

    impl AsyncRead for Peer {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            let count = self.sent.min(buffer.len());
            self.sent -= count;
            if count > 0 { Poll::Ready(Ok(count)) } else { Poll::Pending }
        }
    }

    impl AsyncWrite for Peer {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            let count = self.takes.min(bytes.len());
            self.takes -= count;
            if count > 0 { Poll::Ready(Ok(count)) } else { Poll::Pending }
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    type Connection = Stream<Peer>;

    fn connection() -> (Connection, Arc<Phase>) {
        let phase = Arc::new(Phase::new());
        (Stream::new(Peer::default(), Box::default(), Arc::clone(&phase), sleep), phase)
    }

    /// Reads what there is. Returns the number of bytes, or `None` if the stream waits.
    fn read(stream: &mut Connection) -> Option<io::Result<usize>> {
        let (mut bytes, mut all) = ([0; 20_000], 0);
        loop {
            let mut buffer = ReadBuf::new(&mut bytes);
            let context = &mut Context::from_waker(Waker::noop());
            match Pin::new(&mut *stream).poll_read(context, buffer.unfilled()) {
                Poll::Ready(Ok(())) if buffer.filled().is_empty() => return Some(Ok(all)),
                Poll::Ready(Ok(())) => all += buffer.filled().len(),
                Poll::Ready(Err(error)) => return Some(Err(error)),
                Poll::Pending if all > 0 => return Some(Ok(all)),
                Poll::Pending => return None,
            }
        }
    }

    fn write(stream: &mut Connection) -> Poll<io::Result<usize>> {
        Pin::new(stream).poll_write(&mut Context::from_waker(Waker::noop()), b"reply")
    }

    /// Lets a peer send `each` bytes a second, and wait after `seconds`. Returns after how many
    /// seconds it is given up.
    fn given_up(stream: &mut Connection, each: usize, seconds: u64) -> u64 {
        for second in 0..1_000 {
            stream.io.sent = if second < seconds { each } else { 0 };
            let mut read_all = || loop {
                match read(stream) {
                    Some(Ok(_)) => {}
                    other => return other,
                }
            };
            if let Some(Err(error)) = read_all() {
                assert_eq!(error.kind(), io::ErrorKind::TimedOut);
                return second;
            }
            NOW.set(NOW.get() + Duration::from_secs(1));
        }
        u64::MAX
    }

    #[test]
    fn a_head_has_ten_seconds_however_it_comes() {
        assert_eq!(given_up(&mut connection().0, 1, u64::MAX), 10);
        assert_eq!(given_up(&mut connection().0, 0, 0), 10);
    }

    #[test]
    fn a_body_has_to_come_on_at_a_kilobyte_a_second() {
        for (each, seconds, expected) in
            [(1_100, u64::MAX, u64::MAX), (1_100, 100, 110), (900, u64::MAX, 10), (0, 0, 10)]
        {
            let (mut stream, phase) = connection();
            phase.head_is_read(Length::Of(u64::MAX));
            let given_up = given_up(&mut stream, each, seconds);
            assert!(given_up.abs_diff(expected) <= 10, "{each} for {seconds}: {given_up}");
        }
    }

    #[test]
    fn a_peer_may_be_idle_for_longer_and_wait_for_its_reply_without_end() {
        let (mut stream, phase) = connection();
        phase.body_is_read();
        assert_eq!(given_up(&mut stream, 0, 0), u64::MAX);
        phase.is_answered();
        assert_eq!(given_up(&mut stream, 0, 0), 75);
        // The next request has its own time.
        phase.is_answered();
        assert_eq!(given_up(&mut stream, 1, 1), 10);
    }

    #[test]
    fn a_deadline_begins_with_its_phase() {
        struct Woken(AtomicBool);
        impl Wake for Woken {
            fn wake(self: Arc<Self>) {
                self.0.store(true, Relaxed);
            }
        }
        let (mut stream, phase) = connection();
        let woken = Arc::new(Woken(false.into()));
        let waker = Arc::clone(&woken).into();
        let mut buffer = ReadBuf::new(&mut []);
        let context = &mut Context::from_waker(&waker);
        assert!(Pin::new(&mut stream).poll_read(context, buffer.unfilled()).is_pending());
        phase.head_is_read(Length::Of(u64::MAX));
        assert!(woken.0.load(Relaxed));
    }

    #[test]
    fn a_reader_has_to_take_something_each_half_minute() {
        let (mut stream, _) = connection();
        let wait = |stream: &mut Connection, seconds: u64| {
            let waits = (0..seconds).all(|_| {
                let waits = write(stream).is_pending();
                NOW.set(NOW.get() + Duration::from_secs(1));
                waits
            });
            assert!(waits);
        };
        wait(&mut stream, 29);
        stream.io.takes = 1;
        assert!(matches!(write(&mut stream), Poll::Ready(Ok(1))));
        wait(&mut stream, 30);
        let late = write(&mut stream);
        assert!(matches!(late, Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::TimedOut));
    }

    #[test]
    fn a_server_that_stops_waits_for_no_further_request() {
        for (enter, ends) in [
            ((|_| {}) as fn(&Phase), true),
            (Phase::is_answered, true),
            (|phase| phase.head_is_read(Length::Of(1)), false),
            (Phase::body_is_read, false),
        ] {
            let (mut stream, phase) = connection();
            enter(&phase);
            assert!(read(&mut stream).is_none());
            phase.stop();
            let read = read(&mut stream).map(|read| read.ok());
            assert_eq!(read, ends.then_some(Some(0)));
        }
    }

    #[test]
    fn a_status_alone_is_not_written_and_all_else_is() {
        let head = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\n";
        for (written, status) in [
            (format!("{head}content-length: 0\r\ndate: x\r\n\r\n"), Some(StatusCode::BAD_REQUEST)),
            (format!("{head}content-length: 1\r\n\r\nx"), None),
            (format!("{head}content-length: 10\r\n\r\n"), None),
            (format!("{head}content-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), None),
            ("HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n".to_owned(), None),
        ] {
            let (mut stream, _) = connection();
            stream.io.takes = 1_000;
            let context = &mut Context::from_waker(Waker::noop());
            let count = Pin::new(&mut stream).poll_write(context, written.as_bytes());
            assert!(matches!(count, Poll::Ready(Ok(count)) if count == written.len()));
            let (peer, refused) = stream.into_inner();
            assert_eq!((refused, peer.takes == 1_000), (status, status.is_some()), "{written}");
        }
    }

    #[test]
    fn what_was_received_before_is_read_first() {
        let (mut stream, _) = connection();
        (stream.unread, stream.io.sent) = ([1; 30_000].into(), 10_000);
        assert_eq!(read(&mut stream).map(|read| read.ok()), Some(Some(40_000)));
    }
}
