//! The loop of a server's connection.

use core::fmt;
use core::future::poll_fn;

use embedded_io_async::{Read, Write};
use metric_proto::{Buffer, Lost};

use crate::buffers::{Buffers, Lend, Loan};
use crate::session::{Next, Session};
use crate::stream::{Readable, Wake};

/// How a connection ended.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The peer sends no more. All replies are sent.
    ByPeer,
    /// [`Readable`] returned [`Wake::Stop`]. Everything that was read is answered and sent.
    Stopped,
    /// The session returned [`Next::Close`].
    BySession,
    /// The session returned [`Next::HandOver`]. Unconsumed input is still in the input buffer.
    HandedOver,
}

/// Why a connection failed.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error<E> {
    /// The stream failed.
    Stream(E),
    /// The stream accepted no bytes but returned no error.
    WriteZero,
    /// The outcome of a request is unknown, so its reply was not sent.
    Lost,
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stream(error) => error.fmt(f),
            Self::WriteZero => f.write_str("the stream takes no more bytes"),
            Self::Lost => Lost.fmt(f),
        }
    }
}

impl<E: core::error::Error + 'static> core::error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Stream(error) => Some(error),
            Self::WriteZero | Self::Lost => None,
        }
    }
}

/// Serves a connection until it ends. The caller closes it.
///
/// It uses only the memory that `buffers` lends, and empties it first. While the peer does not read
/// its replies, nothing more is read from the peer. Other tasks get a turn after each full output
/// buffer, and after each [`Session::turn`], even if its replies are not sent yet. Replies are sent
/// only after [`Session::poll_ready`]. Dropping the future at any point ends the connection and
/// does not harm the store.
///
/// # Errors
///
/// [`Error`] if the stream fails, or the outcome of a request is unknown.
///
/// # Panics
///
/// At the first poll, if a buffer is shorter than [`Session::min_input`] or
/// [`Session::min_output`].
#[expect(clippy::manual_async_fn, reason = "an `async fn` would keep its arguments twice")]
pub fn serve<C, L, T, const IN: usize, const OUT: usize>(
    connection: &mut C,
    buffers: &mut L,
    mut session: T,
) -> impl Future<Output = Result<Ended, Error<C::Error>>>
where
    C: Read + Write + Readable,
    L: Lend<IN, OUT>,
    T: Session,
{
    async move {
        assert!(IN >= session.min_input(), "the input buffer is too small for a line");
        assert!(OUT >= session.min_output(), "the output buffer is too small for a line");
        buffers.lend().clear();
        loop {
            // 1. Wait for the peer, without a buffer.
            if connection.readable().await.map_err(Error::Stream)? == Wake::Stop {
                return Ok(Ended::Stopped);
            }
            // 2. Read once, behind what the last read left.
            let mut lent = buffers.lend();
            let count = connection.read(lent.input.space()).await.map_err(Error::Stream)?;
            let at_end = fill(&mut session, &mut lent, count);
            loop {
                // 3. Process it, a turn or a full output buffer at a time.
                let then = process(&mut session, &mut lent);
                // 4. Wait until the output may be sent, without a buffer.
                ready(&mut session, &mut lent).await?;
                lent.renew();
                // 5. Send it, unless there is more to come first.
                if let Then::Next(_) = then {
                    send(connection, &mut lent.output).await?;
                }
                match after(then, at_end) {
                    After::Again => {}
                    After::Read => break,
                    After::End(ended) => return Ok(ended),
                    // 6. Let others have their turn.
                    After::Yield => connection.yield_now().await.map_err(Error::Stream)?,
                }
            }
        }
    }
}

/// Adds what was read to the input. Returns whether that has ended.
fn fill<T: Session, const IN: usize, const OUT: usize>(
    session: &mut T,
    lent: &mut Buffers<IN, OUT>,
    count: usize,
) -> bool {
    lent.input.fill(count);
    let at_end = count == 0;
    if at_end {
        session.end_input();
    }
    at_end
}

/// What follows a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// The same input again.
    Again,
    /// A turn with the rest of the input.
    Turn,
    /// What the session needs, after all input or a full output.
    Next(Next),
}

/// Processes one turn of the input.
fn process<T: Session, const IN: usize, const OUT: usize>(
    session: &mut T,
    Buffers { input, output }: &mut Buffers<IN, OUT>,
) -> Then {
    let unread = input.unread();
    let (turn, is_all) = unread.get(..session.turn()).map_or((unread, true), |turn| (turn, false));
    let (whole, filled) = output.whole();
    let progress = session.process(turn, whole, filled);
    input.consume(progress.consumed);
    output.fill(progress.filled.saturating_sub(filled));
    match progress.next {
        Next::Wait => Then::Again,
        Next::Input if !is_all => Then::Turn,
        next => Then::Next(next),
    }
}

/// Waits until the output may be sent, and gives the buffers back meanwhile.
fn ready<T: Session, E, const IN: usize, const OUT: usize>(
    session: &mut T,
    lent: &mut impl Loan<IN, OUT>,
) -> impl Future<Output = Result<(), Error<E>>> {
    poll_fn(|context| {
        let ready = session.poll_ready(context);
        if ready.is_pending() {
            lent.release();
        }
        ready.map_err(|_| Error::Lost)
    })
}

/// What follows when the output may be sent, or is sent.
enum After {
    /// The same input again, at once.
    Again,
    /// More of the input, after the turns of others.
    Yield,
    /// More input.
    Read,
    End(Ended),
}

fn after(then: Then, at_end: bool) -> After {
    match then {
        Then::Again => After::Again,
        Then::Next(Next::Input) if at_end => After::End(Ended::ByPeer),
        Then::Next(Next::Input) => After::Read,
        Then::Next(Next::Close) => After::End(Ended::BySession),
        Then::Next(Next::HandOver) => After::End(Ended::HandedOver),
        Then::Turn | Then::Next(_) => After::Yield,
    }
}

async fn send<C: Write, const OUT: usize>(
    connection: &mut C,
    output: &mut Buffer<OUT>,
) -> Result<(), Error<C::Error>> {
    while !output.unread().is_empty() {
        match connection.write(output.unread()).await.map_err(Error::Stream)? {
            0 => return Err(Error::WriteZero),
            count => output.consume(count),
        }
    }
    Ok(())
}
