//! Files of UF2, which are copied to the drive that a board shows in its boot loader. The format is at
//! <https://github.com/microsoft/uf2>.

/// The family of boards with an RP2040.
pub(super) const RP2040: u32 = 0xe48b_ff56;

/// The family of what the boot loader of an RP2350 writes to the very addresses, whatever partitions there
/// are. A board without partitions takes it, too.
pub(super) const ABSOLUTE: u32 = 0xe48b_ff57;

/// Returns a file that writes `bytes` to an address of a board of a family. The length is a multiple of
/// 256 bytes, the page that the boot loader writes.
pub(super) fn file(family: u32, address: u32, bytes: &[u8]) -> Vec<u8> {
    let pages = bytes.chunks(PAGE);
    let count = pages.len() as u32;
    let block = |(number, page): (u32, &[u8])| {
        let at = address + number * PAGE as u32;
        let head = [MAGIC, MAGIC_TOO, HAS_FAMILY, at, page.len() as u32, number, count, family];
        let mut block = head.map(u32::to_le_bytes).concat();
        block.extend_from_slice(page);
        block.resize(BLOCK - size_of::<u32>(), 0);
        block.extend_from_slice(&MAGIC_END.to_le_bytes());
        block
    };
    (0..).zip(pages).flat_map(block).collect()
}

const BLOCK: usize = 512;
const PAGE: usize = 256;

const MAGIC: u32 = 0x0a32_4655;
const MAGIC_TOO: u32 = 0x9e5d_5157;
const MAGIC_END: u32 = 0x0ab1_6f30;

/// The last number of the head is the family.
const HAS_FAMILY: u32 = 0x2000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_block_has_the_fields_of_the_format() {
        let bytes: Vec<u8> = (0..4096_u32).map(|at| (at / 16) as u8).collect();
        let file = file(RP2040, 0x101f_f000, &bytes);
        assert_eq!(file.len(), 16 * 512);
        for (number, block) in file.chunks(512).enumerate() {
            let field = |at: usize| u32::from_le_bytes(block[at..at + 4].try_into().unwrap());
            assert_eq!(block[..8], *b"UF2\nWQ]\x9e", "the first two magic numbers");
            assert_eq!(field(8), 0x2000, "flags: the family is there");
            assert_eq!(field(12), 0x101f_f000 + 256 * number as u32, "the address");
            assert_eq!(field(16), 256, "the size of the payload");
            assert_eq!(field(20), number as u32, "the number of the block");
            assert_eq!(field(24), 16, "the number of blocks");
            assert_eq!(field(28), 0xe48b_ff56, "the family");
            assert_eq!(block[32..288], bytes[256 * number..256 * (number + 1)]);
            assert!(block[288..508].iter().all(|byte| *byte == 0), "the rest is zeros");
            assert_eq!(block[508..], *b"\x30\x6f\xb1\x0a", "the last magic number");
        }
    }
}
