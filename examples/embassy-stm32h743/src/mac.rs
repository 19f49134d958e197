//! The board's hardware address.

use embassy_stm32::uid::uid;

/// Returns a locally administered address, made from the chip's unique number. Different boards
/// have different addresses, and a board has the same one on every boot.
pub(crate) fn address() -> [u8; 6] {
    let mut address = [LOCAL, 0, 0, 0, 0, 0];
    let rest = (1..address.len()).cycle();
    rest.zip(uid()).for_each(|(at, byte)| address[at] = address[at].rotate_left(3) ^ byte);
    address
}

/// The first byte: locally administered, unicast.
const LOCAL: u8 = 0x02;
