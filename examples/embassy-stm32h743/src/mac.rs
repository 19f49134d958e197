//! The board's hardware address.

use embassy_stm32::uid::uid;

/// An address of the kind that nobody assigns, made of the chip's own number: boards differ, and each
/// has the same one on every boot.
pub(crate) fn address() -> [u8; 6] {
    let mut address = [LOCAL, 0, 0, 0, 0, 0];
    let rest = (1..address.len()).cycle();
    rest.zip(uid()).for_each(|(at, byte)| address[at] = address[at].rotate_left(3) ^ byte);
    address
}

/// Locally administered, and of a single host.
const LOCAL: u8 = 0x02;
