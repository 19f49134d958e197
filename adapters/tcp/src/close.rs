//! The end of a connection.

use std::io;
use std::time::Duration;

use embedded_io_async::Read;
use futures_lite::future::or;
use metric_driver::{Lend, Readable, Shutdown};

use crate::pool::Pool;
use crate::runtime::Sleep;

/// How long a peer may be silent, after the server has said that it sends no more, before it is
/// taken to have nothing on the way.
const LINGER: Duration = Duration::from_millis(250);

/// How long a peer may go on sending after that.
const LONGEST_LINGER: Duration = Duration::from_secs(1);

/// Closes a stream in a way that loses no reply: a socket that is closed while its peer sends is
/// reset, and a reset takes replies along that are still on their way. Takes a second at most.
pub async fn close<R: Sleep, S: Read<Error = io::Error> + Readable + Shutdown>(mut stream: S) {
    let _ = stream.shutdown().await;
    let discarded = async { while let Ok(1..) = discard::<R, S>(&mut stream).await {} };
    or(discarded, R::sleep(LONGEST_LINGER)).await;
}

/// Reads what the peer sends, up to its end or a silence.
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
