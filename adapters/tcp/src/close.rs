//! Closing a connection.

use std::io;
use std::time::Duration;

use embedded_io_async::Read;
use futures_lite::future::or;
use metric_driver::{Lend, Readable, Shutdown};

use crate::pool::Pool;
use crate::runtime::Sleep;

/// How long a peer must be silent after the shutdown, before the server assumes that nothing more
/// is on its way.
pub const LINGER: Duration = Duration::from_millis(250);

/// How long a peer may keep sending after the shutdown.
pub const LONGEST_LINGER: Duration = Duration::from_secs(1);

/// Closes a stream without losing replies: closing a socket while its peer sends resets the
/// connection, and a reset discards replies that the peer has not read. Takes a second at most.
pub async fn close<R: Sleep, S: Read<Error = io::Error> + Readable + Shutdown>(mut stream: S) {
    let _ = stream.shutdown().await;
    let discarded = async { while let Ok(1..) = discard::<R, S>(&mut stream).await {} };
    or(discarded, R::sleep(LONGEST_LINGER)).await;
}

/// Reads and discards bytes. Returns an error after [`LINGER`] of silence.
async fn discard<R: Sleep, S: Read<Error = io::Error> + Readable>(
    stream: &mut S,
) -> io::Result<usize> {
    let silent = async {
        R::sleep(LINGER).await;
        Err(io::ErrorKind::TimedOut.into())
    };
    or(async { stream.readable().await.map(drop) }, silent).await?;
    let mut pool = Pool::default();
    stream.read(pool.lend().input.space()).await
}
