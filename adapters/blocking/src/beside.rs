//! Runs blocking work on a thread of its own.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;

use event_listener::Event;

/// Runs `work` on another thread and waits for its result. If the future is dropped, the work
/// continues, and its result is dropped.
///
/// # Errors
///
/// Any `io::Error` of pthread_create(3), or [`Other`](io::ErrorKind::Other) if the work panicked.
pub(crate) async fn beside<R: Send + 'static>(
    work: impl FnOnce() -> R + Send + 'static,
) -> io::Result<R> {
    let (sender, receiver) = channel();
    let over = Over(Arc::default());
    let listener = over.0.listen();
    let work = move || {
        let _over = over;
        let _ = sender.send(work());
    };
    thread::Builder::new().spawn(work)?;
    listener.await;
    receiver.recv().map_err(|_| io::Error::other("a thread panicked"))
}

/// Notifies the future when it is dropped: at the end of the work, and after a panic.
struct Over(Arc<Event>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.notify(usize::MAX);
    }
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;

    use super::*;

    #[test]
    fn work_is_done_and_a_panic_is_an_error() {
        assert_eq!(block_on(beside(|| 5)).unwrap(), 5);
        assert!(block_on(beside(|| panic!("on purpose"))).is_err());
    }
}
