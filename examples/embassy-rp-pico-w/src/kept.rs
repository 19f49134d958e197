//! Samples in flash, so that they survive a reset.

use core::cell::RefCell;

use defmt::warn;
use embassy_board::{keep, settings};
use embassy_embedded_hal::adapter::BlockingAsync;
use embassy_executor::Spawner;
use embassy_rp::Peri;
use embassy_rp::flash::{Blocking, ERASE_SIZE, Flash};
use embassy_rp::peripherals::FLASH;
use metric_flash::{FlashStore, Replay, Slot, longest_record};
use static_cell::ConstStaticCell;

use crate::{KEY, Samples, Server};

/// A connection's handle of the store.
pub(crate) type Handle = FlashStore<'static, &'static RefCell<Samples>, RECORD>;

/// Reads the samples, starts to serve, and writes what is put. The board's own metrics are of one boot,
/// and stay in memory.
#[embassy_executor::task]
pub(crate) async fn run(spawner: Spawner, flash: Peri<'static, FLASH>, server: Server) {
    static SLOT: ConstStaticCell<Slot<RECORD>> = ConstStaticCell::new(Slot::new());
    let (slot, store): (&_, _) = (SLOT.take(), server.store);
    // No other task could run meanwhile: an erase stops all code that is in flash.
    let flash = BlockingAsync::new(Flash::<_, Blocking, FLASH_SIZE>::new_blocking(flash));
    // The pages before the settings, which the memory map keeps free of code.
    let start = settings::address() - FLASH_START - PAGES * ERASE_SIZE;
    keep::<_, _, PAGES, RECORD>((flash, start as u32), (store, slot), |found| {
        tell(found);
        server.start(spawner, || FlashStore::new(store, slot));
    })
    .await;
}

fn tell(found: Replay) {
    if found.lost > 0 {
        warn!("{} samples were damaged in flash", found.lost);
    }
    if found.erased {
        warn!("there were no samples in flash, or all were damaged; it is empty now");
    }
    if found.too_long {
        warn!("other firmware has written samples with longer keys; the later ones are not read");
    }
}

/// The longest record. The flash takes single bytes.
const RECORD: usize = longest_record(KEY, 1);

/// The pages of the ring, of 4 KiB each.
const PAGES: usize = 64;

/// Where the flash is visible as memory.
const FLASH_START: usize = 0x1000_0000;

const FLASH_SIZE: usize = if cfg!(rp2350) { 4 << 20 } else { 2 << 20 };
