//! What the allocator gives out is what the store counts, and what the work on files takes beside that.

use std::task::{Context, Waker};
use std::thread::yield_now;

use metric_disk::{Directory, DiskStore, Handle, Settings, Threads};
use metric_memory::Layout;
use metric_proto::{Key, Refused, Sample, Store};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const BOUND: usize = 16 << 20;

/// Puts a sample as soon as the store decides; returns whether there was room for its key.
fn put(handle: &mut Handle<Directory>, key: &str, timestamp: i64) -> bool {
    let sample = Sample::new((timestamp as f64).sin(), timestamp).expect("finite");
    loop {
        match handle.put(Key::new(key).expect("a key"), sample) {
            Ok(()) => return true,
            Err(Refused::TableFull) => return false,
            Err(Refused::NotYet) => commit(handle),
            Err(refused) => panic!("{refused:?}"),
        }
    }
}

fn commit(handle: &mut Handle<Directory>) {
    while handle.poll_ready(&mut Context::from_waker(Waker::noop())).is_pending() {
        yield_now();
    }
}

#[test]
fn what_is_not_counted_is_what_the_work_on_files_takes() {
    let place = tempfile::tempdir().expect("temporary directory");
    let files = Directory::create(place.path()).expect("it exists");
    let mut settings = Settings::new(Layout::ONE_THREAD, 100_000, usize::MAX);
    (settings.max_memory, settings.log_bytes) = (BOUND, 1 << 20);
    let keys: Vec<_> = (0..30_000).map(|key| format!("host{key:05}.cpu.usage")).collect();
    let before = ALLOCATED.current_usage();
    let (store, _) = DiskStore::open(files, settings).expect("it opens");
    let threads = Threads::start(&store).expect("threads");
    let (mut handle, mut refused, mut most) = (store.handle(), 0, (0, 0));
    for timestamp in 0..40 {
        for (number, key) in keys.iter().enumerate() {
            refused += usize::from(!put(&mut handle, key, timestamp));
            if number % 100 == 0 {
                commit(&mut handle);
                let (given, counted) = (ALLOCATED.current_usage() - before, store.memory());
                most = most.max((given.saturating_sub(counted), counted));
            }
        }
    }
    drop(threads);
    let (beside, counted) = most;
    println!("{beside} bytes beside {counted}; {refused} puts of new keys were refused");
    assert!(refused > 0, "the bound was reached");
    // The programs leave an eighth of all memory, and a megabyte, beside the bound.
    assert!(beside <= BOUND / 6 + (1 << 20), "{beside} bytes beside {counted}");
}
