//! The checksum of the sector.

/// Returns the CRC-32 of Ethernet and zip. It has no table, which would take more flash than all of the
/// settings, and is computed once at boot.
pub(crate) fn crc32<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> u32 {
    let of_bit = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 };
    let of_byte = |crc: u32, byte: &u8| (0..u8::BITS).fold(crc ^ u32::from(*byte), of_bit);
    !bytes.into_iter().fold(u32::MAX, of_byte)
}

const POLYNOMIAL: u32 = 0xedb8_8320;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_usual_checksum(bytes in proptest::collection::vec(any::<u8>(), ..100)) {
            prop_assert_eq!(crc32(&bytes), crc32fast::hash(&bytes));
        }
    }
}
