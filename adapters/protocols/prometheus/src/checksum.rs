//! CRC-32C, the checksum of streamed messages.

/// Continues a checksum, which begins with 0.
pub(crate) fn crc32c(checksum: u32, bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!checksum, |rest, byte| rest >> 8 ^ TABLE[usize::from(rest as u8 ^ byte)])
}

/// The checksum of each byte, of the reflected polynomial of Castagnoli.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut rest, mut bit) = (byte as u32, 0);
        while bit < 8 {
            rest = rest >> 1 ^ if rest & 1 == 1 { 0x82f6_3b78 } else { 0 };
            bit += 1;
        }
        table[byte] = rest;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_are_those_of_rfc_3720() {
        assert_eq!(crc32c(0, b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(0, &[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(crc32c(0, b"12345"), b"6789"), 0xe306_9283);
    }
}
