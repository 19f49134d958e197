//! The head of a segment, and the checksums that it seeds.

use crc32fast::Hasher;

use super::integers::take;
use super::{Numbers, Unreadable};

/// The length of the head.
pub(super) const HEAD: usize = 32;

/// The version of the format, the only one so far.
pub(super) const VERSION: u32 = 1;

/// What a segment begins with.
pub(crate) const MAGIC: [u8; 8] = *b"MetrSeg\n";

/// Encodes the head: the version and the numbers determine it.
pub(super) fn encode(numbers: Numbers) -> [u8; HEAD] {
    let mut bytes = [0; HEAD];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    bytes[12..20].copy_from_slice(&numbers.first.to_le_bytes());
    bytes[20..28].copy_from_slice(&numbers.last.to_le_bytes());
    let crc = crc32fast::hash(&bytes[..28]);
    bytes[28..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// Returns whether these bytes are the head that a segment of these numbers has.
///
/// # Errors
///
/// If they are the head of another version or of other numbers.
pub(super) fn check(bytes: &[u8], numbers: Numbers) -> Result<bool, Unreadable> {
    match decode(bytes) {
        None => Ok(false),
        Some((VERSION, found)) if found == numbers => Ok(true),
        Some((VERSION, found)) => Err(Unreadable::OtherNumbers(found)),
        Some((version, _)) => Err(Unreadable::UnknownVersion(version)),
    }
}

/// Returns whether this is the head of a segment of these numbers.
pub(crate) fn is_of(bytes: &[u8], numbers: Numbers) -> bool {
    matches!(check(bytes, numbers), Ok(true))
}

/// Later versions have the same head, so that they are told by their number.
fn decode(bytes: &[u8]) -> Option<(u32, Numbers)> {
    let (head, mut crc) = bytes.split_at_checked(HEAD - size_of::<u32>())?;
    let mut rest = head.strip_prefix(&MAGIC)?;
    let version = u32::from_le_bytes(take(&mut rest)?);
    let first = u64::from_le_bytes(take(&mut rest)?);
    let last = u64::from_le_bytes(take(&mut rest)?);
    let is_good = crc32fast::hash(head) == u32::from_le_bytes(take(&mut crc)?);
    is_good.then_some((version, Numbers { first, last }))
}

/// What all checksums behind the head begin with: the checksum of the head.
///
/// So nothing counts that belongs to another segment or another version. Readers do not take it from
/// the file, but from the numbers in the file's name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seed(u32);

impl Seed {
    pub(super) fn new(numbers: Numbers) -> Self {
        let [.., a, b, c, d] = encode(numbers);
        Self(u32::from_le_bytes([a, b, c, d]))
    }

    /// Returns the checksum of bytes, for a part of the file that begins at `offset`.
    pub(super) fn crc(self, offset: u64, bytes: &[u8]) -> u32 {
        let mut hasher = self.hasher(offset);
        hasher.update(bytes);
        hasher.finalize()
    }

    /// Begins such a checksum.
    pub(super) fn hasher(self, offset: u64) -> Hasher {
        let mut hasher = Hasher::new_with_initial(self.0);
        hasher.update(&offset.to_le_bytes());
        hasher
    }
}
