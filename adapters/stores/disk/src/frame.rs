//! Frames: what is appended to a log at once, with a checksum.
//!
//! ```text
//! frame = length    4 bytes: of the payload
//!         checksum  4 bytes: CRC-32 of the salt of the log, the offset of the frame, and the payload
//!         payload   records
//! ```
//!
//! So a frame at another offset, or one of an earlier file in the same blocks, has a wrong checksum.

use crc32fast::Hasher;

/// The length of the head of a frame. A buffer begins with so many reserved bytes.
pub(crate) const HEAD: usize = 8;

/// The maximum length of a frame, its head included. It bounds the memory of a reader.
pub(crate) const MAX_FRAME: usize = 1 << 20;

/// Fills in the head of a frame that will be at an offset of its log.
///
/// # Panics
///
/// If there is no payload, or the frame is longer than [`MAX_FRAME`].
pub(crate) fn seal(frame: &mut [u8], salt: u32, offset: u64) {
    assert!((HEAD + 1..=MAX_FRAME).contains(&frame.len()), "a frame of {} bytes", frame.len());
    let (head, payload) = frame.split_at_mut(HEAD);
    head[..4].copy_from_slice(&(payload.len() as u32).to_le_bytes());
    head[4..].copy_from_slice(&checksum(payload, salt, offset).to_le_bytes());
}

/// Returns the length of the frame that begins with these bytes; `None` if no frame does.
pub(crate) fn length(bytes: &[u8]) -> Option<usize> {
    let payload = u32::from_le_bytes(*bytes.first_chunk()?) as usize;
    (1..=MAX_FRAME - HEAD).contains(&payload).then(|| HEAD + payload)
}

/// Returns whether the checksum of a whole frame is right.
pub(crate) fn is_good(frame: &[u8], salt: u32, offset: u64) -> bool {
    let Some((&[.., a, b, c, d], payload)) = frame.split_first_chunk::<HEAD>() else {
        return false;
    };
    u32::from_le_bytes([a, b, c, d]) == checksum(payload, salt, offset)
}

fn checksum(payload: &[u8], salt: u32, offset: u64) -> u32 {
    let mut hasher = Hasher::new();
    hasher.update(&salt.to_le_bytes());
    hasher.update(&offset.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: u32 = 0x1234_5678;

    fn sealed(payload: &[u8], offset: u64) -> Vec<u8> {
        let mut frame = [&[0; HEAD], payload].concat();
        seal(&mut frame, SALT, offset);
        frame
    }

    /// Returns whether the beginning of `bytes` is a frame.
    fn is_frame(bytes: &[u8], salt: u32, offset: u64) -> bool {
        let frame = length(bytes).and_then(|length| bytes.get(..length));
        frame.is_some_and(|frame| is_good(frame, salt, offset))
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let frame = sealed(b"some records", 32);
        for after in [&[][..], &[0; 300]] {
            let whole = [&frame[..], after].concat();
            assert!(is_frame(&whole, SALT, 32));
            for bit in 0..8 * frame.len() {
                let mut changed = whole.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                assert!(!is_frame(&changed, SALT, 32), "bit {bit}");
            }
        }
    }

    #[test]
    fn a_frame_counts_only_in_its_log_and_place() {
        let frame = sealed(b"some records", 32);
        assert!(!is_frame(&frame, SALT + 1, 32));
        assert!(!is_frame(&frame, SALT, 33));
        assert!(!is_frame(&frame, SALT, 32 + (1 << 32)));
    }

    #[test]
    fn a_frame_has_a_byte_at_least_and_a_mebibyte_at_most() {
        let lengths = [0, 1, MAX_FRAME - HEAD, MAX_FRAME - HEAD + 1, u32::MAX as usize];
        let found = lengths.map(|payload| length(&(payload as u32).to_le_bytes()));
        assert_eq!(found, [None, Some(HEAD + 1), Some(MAX_FRAME), None, None]);
    }

    #[test]
    #[should_panic(expected = "a frame of 1048577 bytes")]
    fn a_longer_frame_is_not_sealed() {
        seal(&mut vec![0; MAX_FRAME + 1], SALT, 32);
    }
}
