//! The loop.

use core::fmt;

use embedded_io_async::{Read, Write};
use metric_proto::{Buffer, Limits, MIN_OUTPUT, Next, Server, Store, Tally};

use crate::buffers::{Buffers, Lend};
use crate::wait::{Wait, Wake};

/// What connections are served with.
#[derive(Clone, Debug)]
pub struct Service<S, F> {
    /// The bounds of requests.
    pub limits: Limits,
    /// The store, or a handle to one that others share.
    pub store: S,
    /// Called with what was answered, after each batch.
    pub answered: F,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The peer sent no more; everything it asked for is sent.
    ByPeer,
    /// [`Wait`] said to stop; everything that was read is answered and sent.
    Stopped,
}

/// Why a connection broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error<E> {
    /// The stream failed.
    Stream(E),
    /// The stream takes no more bytes, but says of no error.
    WriteZero,
}

impl<E> From<E> for Error<E> {
    fn from(error: E) -> Self {
        Self::Stream(error)
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream(error) => error.fmt(f),
            Self::WriteZero => f.write_str("the stream takes no more bytes"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for Error<E> {}

/// Serves a connection until it ends; closing it is left to the caller.
///
/// Memory is what `buffers` lends, whose bytes of an earlier connection are forgotten first. While
/// the peer does not take its replies nothing more is read from it. Other tasks get their turn
/// after each full output buffer, and after 8 KiB of input, whose replies need not be sent by then.
/// Dropping the future ends the connection at any point without harm to the store.
///
/// # Errors
///
/// [`Error`] if the stream fails in the middle.
///
/// # Panics
///
/// At the first poll, if the input buffer is shorter than [`Limits::min_input`]. That the output
/// buffer has room for [`MIN_OUTPUT`] bytes is checked by the compiler.
pub fn serve<C, L, S, F, const IN: usize, const OUT: usize>(
    connection: &mut C,
    buffers: &mut L,
    mut service: Service<S, F>,
) -> impl Future<Output = Result<Ended, Error<C::Error>>>
where
    C: Read + Write + Wait,
    L: Lend<IN, OUT>,
    S: Store,
    F: FnMut(Tally),
{
    const { assert!(OUT >= MIN_OUTPUT, "the output buffer is too small for a line") };
    async move {
        assert!(IN >= service.limits.min_input(), "the input buffer is too small for a line");
        let mut server = Server::new(service.limits);
        buffers.lend().clear();
        loop {
            // 1. Wait for the peer, without a buffer.
            if connection.wait().await? == Wake::Stop {
                return Ok(Ended::Stopped);
            }
            // 2. Read once. What was left of the last read stands before it.
            let mut lent = buffers.lend();
            let count = connection.read(lent.input.space()).await?;
            if count == 0 {
                return Ok(Ended::ByPeer);
            }
            lent.input.fill(count);
            // 3. Answer every complete line, a turn or a full output buffer at a time.
            loop {
                let then = answer(&mut server, &mut service, &mut lent);
                if then != Then::Answer {
                    send(connection, &mut lent.output).await?;
                }
                if then == Then::Read {
                    break;
                }
                connection.give_turn().await?;
            }
        }
    }
}

/// Input that is answered in one turn, in bytes, or the longest line if that is more. It is a batch
/// of 180 puts, which take a desktop 30 us; 500 short ones that all come late take it 3 ms.
const TURN: usize = 8 * 1024;

/// What comes after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// The rest of the input has its turn.
    Answer,
    /// The output is full.
    Send,
    /// Every line is answered.
    Read,
}

/// Fills the output as far as a turn of the input goes.
fn answer<S: Store, F: FnMut(Tally), const IN: usize, const OUT: usize>(
    server: &mut Server,
    service: &mut Service<S, F>,
    Buffers { input, output }: &mut Buffers<IN, OUT>,
) -> Then {
    let (unread, turn) = (input.unread(), TURN.max(service.limits.min_input()));
    let (turn, is_all) = unread.get(..turn).map_or((unread, true), |turn| (turn, false));
    let progress = server.process(&mut service.store, turn, output.space());
    input.consume(progress.consumed);
    output.fill(progress.produced);
    (service.answered)(progress.tally);
    match progress.next {
        Next::Output => Then::Send,
        Next::Input if is_all => Then::Read,
        Next::Input => Then::Answer,
    }
}

async fn send<C: Write, const OUT: usize>(
    connection: &mut C,
    output: &mut Buffer<OUT>,
) -> Result<(), Error<C::Error>> {
    while !output.unread().is_empty() {
        match connection.write(output.unread()).await? {
            0 => return Err(Error::WriteZero),
            count => output.consume(count),
        }
    }
    Ok(())
}
