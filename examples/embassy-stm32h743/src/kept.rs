//! Samples in the second bank of flash, so that they survive a reset.

use core::cell::RefCell;

use defmt::{info, warn};
use embassy_board::keep;
use embassy_executor::Spawner;
use embassy_stm32::flash::{self, Flash};
use embassy_stm32::peripherals::FLASH;
use embassy_stm32::{Peri, bind_interrupts};
use metric_flash::{FlashStore, Replay, Slot, longest_record};
use static_cell::ConstStaticCell;

use crate::bank::{Bank, WORD};
use crate::{KEY, Samples, Server};

/// A connection's handle of the store.
pub(crate) type Handle = FlashStore<'static, &'static RefCell<Samples>, RECORD>;

bind_interrupts!(struct Interrupts {
    FLASH => flash::InterruptHandler;
});

/// Reads the samples, starts to serve, and writes what is put. The board's own metrics are of one boot,
/// and stay in memory.
#[embassy_executor::task]
pub(crate) async fn run(spawner: Spawner, flash: Peri<'static, FLASH>, server: Server) {
    static SLOT: ConstStaticCell<Slot<RECORD>> = ConstStaticCell::new(Slot::new());
    let (slot, store): (&_, _) = (SLOT.take(), server.store);
    let bank = Bank(Flash::new(flash, Interrupts).into_regions().bank2_region);
    keep::<_, _, PAGES, RECORD>((bank, 0), (store, slot), |found| {
        tell(found);
        server.start(spawner, || FlashStore::new(store, slot));
    })
    .await;
}

fn tell(found: Replay) {
    info!("{} changes are in flash", found.records);
    if found.lost > 0 {
        warn!("{} changes in flash were damaged", found.lost);
    }
    if found.erased {
        warn!("the flash held no samples and was erased");
    }
    if found.too_long {
        warn!("the flash holds longer keys, and all behind them is not read: erase it");
    }
}

/// The longest record.
const RECORD: usize = longest_record(KEY, WORD);

/// The pages of the ring: all sectors but that of the settings, for 6,000 samples or more.
const PAGES: usize = 7;
