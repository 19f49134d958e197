//! The board's hardware address.

use embassy_stm32::uid::uid;

/// Derives a locally administered address from the chip's serial number. It differs between boards
/// and is the same on every boot.
pub(crate) fn address() -> [u8; 6] {
    let mut address = [LOCAL, 0, 0, 0, 0, 0];
    let rest = (1..address.len()).cycle();
    rest.zip(uid()).for_each(|(at, byte)| address[at] = address[at].rotate_left(3) ^ byte);
    address
}

/// The bits for a locally administered unicast address.
const LOCAL: u8 = 0x02;
