//! The signals that ask for the end.

use std::io;
use std::os::unix::net::UnixStream;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::pipe;
use smol::Async;
use smol::io::AsyncReadExt;

/// SIGINT and SIGTERM, each of which is a byte on a stream.
pub(crate) struct Signals(Async<UnixStream>);

impl Signals {
    /// From here on they do not kill the process.
    pub(crate) fn new() -> io::Result<Self> {
        let (bytes, signals) = UnixStream::pair()?;
        pipe::register(SIGINT, signals.try_clone()?)?;
        pipe::register(SIGTERM, signals)?;
        Async::new(bytes).map(Self)
    }

    /// Waits for one.
    pub(crate) async fn next(&self) {
        // A stream that cannot be read is not worth going on for.
        let _ = (&self.0).read(&mut [0]).await;
    }
}

#[cfg(test)]
mod tests {
    use signal_hook::low_level::raise;
    use smol::future::{block_on, poll_once};

    use super::*;

    #[test]
    fn each_signal_is_waited_for_once() {
        let signals = Signals::new().unwrap();
        block_on(async {
            assert_eq!(poll_once(signals.next()).await, None);
            raise(SIGTERM).unwrap();
            raise(SIGINT).unwrap();
            signals.next().await;
            signals.next().await;
            assert_eq!(poll_once(signals.next()).await, None);
        });
    }
}
