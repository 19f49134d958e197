//! The board's settings, which its owner writes into the last sector of the flash.

use embassy_board::{SECTOR, Settings, Unreadable};
use esp_hal::peripherals::FLASH;
use esp_storage::FlashStorage;
use static_cell::ConstStaticCell;

/// Reads the settings.
///
/// # Errors
///
/// [`Unreadable`] says in one line why there are none, and what to do.
pub(crate) fn read(flash: FLASH<'static>) -> Result<Settings<'static>, Unreadable> {
    // Only those parts of the flash that have code are visible as memory.
    static COPY: ConstStaticCell<[u8; SECTOR]> = ConstStaticCell::new([0; SECTOR]);
    let copy = COPY.take();
    // It fails if the flash is smaller. The zeros that are then left are no settings.
    let _ = FlashStorage::new(flash).read(SETTINGS, copy);
    Settings::read(copy)
}

/// Where the partition `settings` of `partitions.csv` begins.
const SETTINGS: u32 = match u32::from_str_radix(env!("SETTINGS"), 16) {
    Ok(offset) => offset,
    Err(_) => panic!("no offset of the partition"),
};
