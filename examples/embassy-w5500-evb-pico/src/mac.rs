//! The board's hardware address.

use embassy_rp::Peri;
use embassy_rp::flash::{Blocking, Flash};
use embassy_rp::peripherals::FLASH;

/// Returns a locally administered address, made from the unique number of the flash. Different boards
/// have different addresses, and a board has the same one on every boot.
pub(crate) fn address(flash: Peri<'static, FLASH>) -> [u8; 6] {
    let mut number = [0; 8];
    // It fails on a read beyond the flash only. The code waits in RAM meanwhile.
    let _ = Flash::<_, Blocking, SIZE>::new_blocking(flash).blocking_unique_id(&mut number);
    let [.., a, b, c, d, e] = number;
    [LOCAL, a, b, c, d, e]
}

/// The first byte: locally administered, unicast.
const LOCAL: u8 = 0x02;

const SIZE: usize = 2 * 1024 * 1024;
