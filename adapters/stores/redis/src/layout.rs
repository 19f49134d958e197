//! Where a series is: its part, the tag and the slot of that, and its names.

use std::sync::LazyLock;

/// The number of parts.
pub(crate) const PARTS: usize = 256;

const SLOTS: usize = 16_384;

/// The slots of a part in which its tag may be.
const NEAR: usize = 8;

/// A part: the tag in its names, and its slot.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    pub(crate) tag: String,
    pub(crate) slot: u16,
}

/// The parts. It takes some ten thousand checksums to find their tags.
pub(crate) static ALL: LazyLock<Vec<Part>> = LazyLock::new(|| {
    let mut parts = vec![Part::default(); PARTS];
    let mut left = PARTS;
    for number in 0_u32.. {
        let tag = format!("{number:x}");
        let slot = slot(tag.as_bytes());
        let (part, within) =
            (usize::from(slot) * PARTS / SLOTS, usize::from(slot) % (SLOTS / PARTS));
        if within < NEAR && parts[part].tag.is_empty() {
            parts[part] = Part { tag, slot };
            left -= 1;
        }
        if left == 0 {
            break;
        }
    }
    parts
});

/// Returns the slot of a name without braces.
pub(crate) fn slot(name: &[u8]) -> u16 {
    crc16(name) % SLOTS as u16
}

/// Returns the part of a key.
pub(crate) fn part_of(key: &[u8]) -> usize {
    usize::from(crc16(key)) % PARTS
}

/// The checksum by which Redis finds slots.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        let index = (crc >> 8) ^ u16::from(*byte);
        (crc << 8) ^ TABLE[usize::from(index)]
    })
}

const TABLE: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// What is stored under a name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Index,
    Head,
    Runs,
}

/// Returns the name of the index of a part, or of what belongs to a key.
pub(crate) fn name(prefix: &str, part: usize, kind: Kind, key: &[u8]) -> Vec<u8> {
    let tag = &ALL[part].tag;
    let mut name = Vec::with_capacity(prefix.len() + tag.len() + 3 + key.len());
    name.extend_from_slice(prefix.as_bytes());
    name.push(b'{');
    name.extend_from_slice(tag.as_bytes());
    name.push(b'}');
    name.push(match kind {
        Kind::Index => b'i',
        Kind::Head => b'h',
        Kind::Runs => b'r',
    });
    name.extend_from_slice(key);
    name
}

/// The field of a head that every put sets.
pub(crate) const MADE: &str = "i";

/// The field of a head that counts the samples in runs.
pub(crate) const SEALED: &str = "n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_redis() {
        // From the specification of Redis Cluster, and `CLUSTER KEYSLOT`.
        assert_eq!((crc16(b"123456789"), slot(b"foo"), slot(b"")), (0x31c3, 12_182, 0));
    }

    #[test]
    fn parts_have_tags_of_their_own_that_lie_evenly() {
        for (number, Part { tag, slot: place }) in ALL.iter().enumerate() {
            assert_eq!(slot(tag.as_bytes()), *place, "{tag}");
            assert!((number * 64..number * 64 + NEAR).contains(&usize::from(*place)), "{tag}");
        }
    }
}
