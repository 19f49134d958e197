//! Committing the puts of a connection before its replies are sent.

use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

use metric_proto::Lost;

use crate::Files;
use crate::disk::{Disk, Writing};
use crate::settings::Sync;

/// The puts of a connection that are not committed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Commit {
    state: State,
    /// How often the log had failed at the first put.
    epoch: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Everything is committed.
    #[default]
    Done,
    Put,
    /// Other connections have a turn, to share a write. The log ended at a position.
    Yielded(u64),
    /// The log must be synced up to a position.
    Written(u64),
}

/// A buffer with more is written at once: a write costs half a microsecond whatever it writes up to
/// some kilobytes, and keeping the buffers of waiting connections in use costs more than that.
const SHARED: usize = 256;

impl Commit {
    /// Notes a put.
    #[inline]
    pub(crate) fn note(&mut self, disk: &Disk<impl Files>) {
        if self.state == State::Done {
            *self = Self { state: State::Put, epoch: disk.epoch.load(Relaxed) };
        } else if let State::Written(_) = self.state {
            self.state = State::Put;
        }
    }

    /// Waits until what was put is as safe as `sync` says.
    pub(crate) fn poll<F: Files>(
        &mut self,
        disk: &Disk<F>,
        sync: Sync,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Lost>> {
        if self.state == State::Done {
            return Poll::Ready(Ok(()));
        }
        let mut writing = disk.writer();
        let polled = self.poll_written(&mut writing, sync, context);
        if polled.is_ready() {
            self.state = State::Done;
        }
        polled
    }

    fn poll_written<F: Files>(
        &mut self,
        writing: &mut Writing<'_, F>,
        sync: Sync,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Lost>> {
        let writer = &mut writing.writer;
        match self.state {
            State::Put
                if (1..SHARED).contains(&writer.unwritten()) && writer.waiters.may_share() =>
            {
                self.state = State::Yielded(writer.position());
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            State::Yielded(position) if position == writer.position() && writer.unwritten() > 0 => {
                writer.waiters.note_unshared();
            }
            _ => {}
        }
        if !matches!(self.state, State::Written(_)) {
            writer.write();
            self.state = State::Written(writer.position());
        }
        // Another thread may have seen the failure after this put, and before it was noted.
        if writer.epoch() != self.epoch || writer.has_failed() {
            return Poll::Ready(Err(Lost));
        }
        match self.state {
            State::Written(position) if sync == Sync::Always && writer.synced() < position => {
                writer.waiters.await_sync(context.waker());
                writing.ring_syncer();
                Poll::Pending
            }
            _ => Poll::Ready(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::task::Waker;

    use metric_memory::Layout;
    use metric_proto::{Key, Sample, Store};

    use super::*;
    use crate::{Directory, DiskStore, Settings};

    fn put(store: &mut impl Store, timestamp: i64) {
        let key = Key::new("palm.cpu").expect("a key");
        store.put(key, Sample::new(23.7, timestamp).expect("a sample")).expect("room");
    }

    #[test]
    fn connections_that_shared_a_write_share_the_next_one() {
        let place = tempfile::tempdir().expect("temporary directory");
        let files = Directory::create(place.path()).expect("it exists");
        let settings = Settings::new(Layout::default(), 10, 10);
        let (store, _) = DiskStore::open(files, settings).expect("it opens");
        store.keep_room().expect("room");
        let mut handles = [store.handle(), store.handle()];
        let mut context = Context::from_waker(Waker::noop());
        for timestamp in 0..3 {
            for handle in &mut handles {
                put(handle, timestamp);
                assert!(handle.poll_ready(&mut context).is_pending(), "others may join");
            }
            for handle in &mut handles {
                assert_eq!(handle.poll_ready(&mut context), Poll::Ready(Ok(())));
            }
        }
    }

    #[test]
    fn a_put_that_is_noted_after_the_log_has_failed_is_lost() {
        let place = tempfile::tempdir().expect("temporary directory");
        let files = Directory::create(place.path()).expect("it exists");
        let settings = Settings::new(Layout::default(), 10, 10);
        let (store, _) = DiskStore::open(files, settings).expect("it opens");
        store.disk().writer().writer.fail(&io::ErrorKind::StorageFull.into());
        let mut commit = Commit::default();
        commit.note(store.disk());
        let mut context = Context::from_waker(Waker::noop());
        let polled = commit.poll(store.disk(), Sync::Write, &mut context);
        assert_eq!(polled, Poll::Ready(Err(Lost)));
    }
}
