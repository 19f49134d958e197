//! The head of a log file.

use std::fmt;

/// What the head of a log file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// The number of the log. Each log has the number after that of the log before it.
    pub(crate) number: u64,
    /// When its first record was put, or a little earlier, in seconds since 1970.
    pub(crate) start: u32,
    /// A random number, which the checksums of the frames include.
    pub(crate) salt: u32,
}

/// Why bytes are no head of a log that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadError {
    /// There are only zeros, or nothing: the file was created, but its head was not stored.
    Missing,
    /// The file is not a log.
    NotALog,
    /// The checksum is wrong.
    Damaged,
    /// The log has another version of the format, perhaps a later one.
    UnknownVersion(u32),
}

impl Head {
    /// The length of a head.
    pub(crate) const LENGTH: usize = 32;

    pub(crate) fn encode(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let fields = [
            &MAGIC[..],
            &VERSION.to_le_bytes(),
            &self.number.to_le_bytes(),
            &self.start.to_le_bytes(),
            &self.salt.to_le_bytes(),
        ];
        bytes[..CHECKED].copy_from_slice(&fields.concat());
        let checksum = crc32fast::hash(&bytes[..CHECKED]);
        bytes[CHECKED..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Decodes a head. `bytes` may be the beginning of a file that is too short.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, HeadError> {
        if bytes.iter().all(|&byte| byte == 0) {
            return Err(HeadError::Missing);
        }
        let fields = bytes.strip_prefix(MAGIC).ok_or(HeadError::NotALog)?;
        let fields: &[u8; Self::LENGTH - MAGIC.len()] =
            fields.first_chunk().ok_or(HeadError::Damaged)?;
        let at = |place| u32::from_le_bytes(std::array::from_fn(|byte| fields[4 * place + byte]));
        let [version, low, high, start, salt, checksum] = std::array::from_fn(at);
        if crc32fast::hash(&bytes[..CHECKED]) != checksum {
            return Err(HeadError::Damaged);
        }
        if version != VERSION {
            return Err(HeadError::UnknownVersion(version));
        }
        Ok(Self { number: u64::from(high) << 32 | u64::from(low), start, salt })
    }
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the log has no head"),
            Self::NotALog => f.write_str("the file is not a log"),
            Self::Damaged => f.write_str("the head of the log is damaged"),
            Self::UnknownVersion(version) => {
                write!(f, "the log has version {version} of the format, which is unknown")
            }
        }
    }
}

impl std::error::Error for HeadError {}

/// What a log begins with.
pub(crate) const MAGIC: &[u8; 8] = b"metr-log";

/// The version of the format, the only one so far.
const VERSION: u32 = 1;

/// The length of what the checksum covers. Later versions keep this, and the places of the version
/// and of the checksum, so that a later version is told from damage.
const CHECKED: usize = Head::LENGTH - 4;

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Head = Head { number: 0x0123_4567_89ab_cdef, start: 1_700_000_000, salt: 7 };

    #[test]
    fn what_was_encoded_is_decoded() {
        assert_eq!(Head::decode(&HEAD.encode()), Ok(HEAD));
        assert_eq!(Head::decode(&[&HEAD.encode()[..], b"frames"].concat()), Ok(HEAD));
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        for bit in 0..8 * Head::LENGTH {
            let mut bytes = HEAD.encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let error = if bit / 8 < MAGIC.len() { HeadError::NotALog } else { HeadError::Damaged };
            assert_eq!(Head::decode(&bytes), Err(error), "bit {bit}");
        }
    }

    #[test]
    fn each_way_to_be_no_head_is_told() {
        let bytes = HEAD.encode();
        for end in 0..Head::LENGTH {
            let error = match end {
                0 => HeadError::Missing,
                1..8 => HeadError::NotALog,
                _ => HeadError::Damaged,
            };
            assert_eq!(Head::decode(&bytes[..end]), Err(error), "{end} bytes");
        }
        assert_eq!(Head::decode(&[0; Head::LENGTH]), Err(HeadError::Missing));
        assert_eq!(Head::decode(&[b'x'; Head::LENGTH]), Err(HeadError::NotALog));
    }

    #[test]
    fn another_version_is_named() {
        for version in [0_u32, 2, u32::MAX] {
            let mut bytes = HEAD.encode();
            bytes[8..12].copy_from_slice(&version.to_le_bytes());
            let checksum = crc32fast::hash(&bytes[..CHECKED]);
            bytes[CHECKED..].copy_from_slice(&checksum.to_le_bytes());
            assert_eq!(Head::decode(&bytes), Err(HeadError::UnknownVersion(version)));
        }
    }
}
