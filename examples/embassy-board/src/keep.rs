//! Keeps a board's samples in its flash.

use core::cell::RefCell;

use embassy_time::Timer;
use embedded_storage_async::nor_flash::NorFlash;
use metric_flash::{Replay, Ring, Slot};
use metric_proto::Store;

/// Reads the samples in a ring of `PAGES` pages, which begins at an offset of the flash, calls `serve`,
/// and writes what the slot takes.
///
/// If the flash fails, it is tried again after 10 seconds. Nothing is served before it is read.
pub async fn keep<F: NorFlash, S: Store, const PAGES: usize, const RECORD: usize>(
    (mut flash, start): (F, u32),
    (store, slot): (&RefCell<S>, &Slot<RECORD>),
    serve: impl FnOnce(Replay),
) -> ! {
    let (ring, found) = loop {
        match Ring::<&mut F, PAGES, RECORD>::open(&mut flash, start, store).await {
            Ok(opened) => break opened,
            Err(_) => Timer::after_secs(PAUSE).await,
        }
    };
    serve(found);
    ring.run(slot, || Timer::after_secs(PAUSE)).await
}

/// The seconds after which a flash that fails is tried again.
const PAUSE: u64 = 10;
