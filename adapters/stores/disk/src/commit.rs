//! Committing the puts of a connection before its replies are sent.

use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

use metric_proto::Lost;

use crate::disk::{Disk, Writing};
use crate::settings::Sync;
use crate::writer::Writer;
use crate::{File, Files};

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
    /// The last put is before a position of the log, which must be synced up to there.
    Last(u64),
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
        } else if let State::Last(_) = self.state {
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
        // Those who wait for a sync share its write, too.
        if sync != Sync::Always && self.lets_others_join(writer) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if !matches!(self.state, State::Last(_)) {
            self.state = State::Last(writer.position());
        }
        if sync != Sync::Always {
            writer.write();
        }
        // Another thread may have seen the failure after this put, and before it was noted.
        if writer.epoch() != self.epoch || writer.has_failed() {
            return Poll::Ready(Err(Lost));
        }
        match self.state {
            State::Last(position) if sync == Sync::Always && writer.synced() < position => {
                if writer.waiters.await_sync(position, context.waker()) {
                    writing.ring_syncer();
                }
                Poll::Pending
            }
            _ => Poll::Ready(Ok(())),
        }
    }

    /// Returns whether others have a turn before the log is written.
    fn lets_others_join<F: File>(&mut self, writer: &mut Writer<F>) -> bool {
        match self.state {
            State::Put
                if (1..SHARED).contains(&writer.unwritten()) && writer.waiters.may_share() =>
            {
                self.state = State::Yielded(writer.position());
                return true;
            }
            // Else another one that had joined has written.
            State::Yielded(position) if position == writer.position() && writer.unwritten() > 0 => {
                writer.waiters.note_unshared();
            }
            _ => {}
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::task::{Wake, Waker};

    use metric_memory::Layout;
    use metric_proto::{Key, Sample, Store};

    use super::*;
    use crate::{Directory, DiskStore, Settings};

    fn put(store: &mut impl Store, timestamp: i64) {
        let key = Key::new("palm.cpu").expect("a key");
        store.put(key, Sample::new(23.7, timestamp).expect("a sample")).expect("room");
    }

    fn open(place: &tempfile::TempDir, sync: Sync) -> Arc<DiskStore> {
        let files = Directory::create(place.path()).expect("it exists");
        let mut settings = Settings::new(Layout::default(), 10, 10);
        settings.sync = sync;
        let (store, _) = DiskStore::open(files, settings).expect("it opens");
        store.keep_room().expect("room");
        store
    }

    #[test]
    fn connections_that_shared_a_write_share_the_next_one() {
        let place = tempfile::tempdir().expect("temporary directory");
        let store = open(&place, Sync::Write);
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

    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Relaxed);
        }
    }

    #[test]
    fn who_puts_during_a_sync_is_woken_by_the_next_one_only() {
        let place = tempfile::tempdir().expect("temporary directory");
        let store = open(&place, Sync::Always);
        let woken = [(); 2].map(|()| Arc::new(Woken::default()));
        let wakers = woken.clone().map(Waker::from);
        let [mut early, mut late] = [store.handle(), store.handle()];
        let sync = |during: &mut dyn FnMut()| {
            let (_, position) = store.disk().writer().writer.begin_sync().expect("a good log");
            during();
            let writer = &mut store.disk().writer().writer;
            writer.end_sync(position);
            (woken.clone().map(|woken| woken.0.swap(false, Relaxed)), writer.waiters.want_sync())
        };

        put(&mut early, 1);
        assert!(early.poll_ready(&mut Context::from_waker(&wakers[0])).is_pending());
        let first = sync(&mut || {
            put(&mut late, 2);
            assert!(late.poll_ready(&mut Context::from_waker(&wakers[1])).is_pending());
        });
        assert_eq!(first, ([true, false], true), "another sync is due, although nobody rings");
        assert_eq!(sync(&mut || {}), ([false, true], false));
        for mut handle in [early, late] {
            let mut context = Context::from_waker(Waker::noop());
            assert_eq!(handle.poll_ready(&mut context), Poll::Ready(Ok(())));
        }
    }

    #[test]
    fn a_put_that_is_noted_after_the_log_has_failed_is_lost() {
        let place = tempfile::tempdir().expect("temporary directory");
        let store = open(&place, Sync::Write);
        store.disk().writer().writer.fail(&io::ErrorKind::StorageFull.into());
        let mut commit = Commit::default();
        commit.note(store.disk());
        let mut context = Context::from_waker(Waker::noop());
        let polled = commit.poll(store.disk(), Sync::Write, &mut context);
        assert_eq!(polled, Poll::Ready(Err(Lost)));
    }
}
