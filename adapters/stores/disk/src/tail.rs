//! How a log ends that does not end cleanly: was its last write not completed, or damaged later?
//!
//! Disks and systems write whole sectors. New ones were zeros before. So a write was not completed
//! if some sector of its frame is still zeros; if none is, all was written and a part has changed.
//! A sector that has only one bit of the frame, which has changed, cannot be told from that.

use std::io;

use crate::File;
use crate::frame::{self, HEAD, MAX_FRAME};

/// The smallest part of a file that is written at once or not at all, in bytes.
const SECTOR: u64 = 512;

/// Returns whether the bytes at the end of a log, which are no good frame, may be those of a write
/// that was not completed.
pub(crate) fn is_incomplete(file: &impl File, salt: u32, at: u64) -> io::Result<bool> {
    let mut bytes = vec![0; MAX_FRAME];
    let read = file.read_at(&mut bytes, at)?;
    let bytes = &bytes[..read];
    // Frames behind it may have been under way, too.
    let end = frame::length(bytes).unwrap_or_else(|| used(bytes));
    let Some(frames) = bytes.get(..end) else { return Ok(false) };
    Ok(has_unwritten_sector(frames, at) && !has_changed_length(bytes, salt, at))
}

/// Returns whether a sector between a bad frame and the next good one was not written: the power failed when what is
/// behind it had reached the disk already. The sector of the good frame was written.
pub(crate) fn is_unwritten(file: &impl File, at: u64, next: u64) -> io::Result<bool> {
    let end = next - next % SECTOR;
    let mut bytes = vec![0; end.saturating_sub(at).min(MAX_FRAME as u64) as usize];
    let read = file.read_at(&mut bytes, at)?;
    Ok(read > 0 && has_unwritten_sector(&bytes[..read], at))
}

/// Returns how many bytes there are up to the last one that is not zero, after `at`.
pub(crate) fn used_after(file: &impl File, at: u64) -> io::Result<u64> {
    let (mut from, mut last, mut piece) = (at, at, vec![0; MAX_FRAME]);
    loop {
        let read = file.read_at(&mut piece, from)?;
        if read == 0 {
            return Ok(last - at);
        }
        let written = used(&piece[..read]) as u64;
        last = if written > 0 { from + written } else { last };
        from += read as u64;
    }
}

fn used(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1)
}

/// Returns whether a sector has only zeros of these bytes, which begin at an offset of the file.
fn has_unwritten_sector(bytes: &[u8], at: u64) -> bool {
    let first = (SECTOR - at % SECTOR) as usize;
    let (first, others) = bytes.split_at(first.min(bytes.len()));
    let mut sectors = std::iter::once(first).chain(others.chunks(SECTOR as usize));
    sectors.any(|sector| used(sector) == 0)
}

/// Returns whether this is a frame but for one bit of its length, which leads into the zeros.
fn has_changed_length(bytes: &[u8], salt: u32, at: u64) -> bool {
    let Some(&length) = bytes.first_chunk() else { return false };
    let flipped = |bit: u32| (u32::from_le_bytes(length) ^ 1 << bit).to_le_bytes();
    let lengths = (0..MAX_FRAME.ilog2()).filter_map(|bit| frame::length(&flipped(bit)));
    let mut frames = lengths.filter_map(|length| bytes.get(..length.max(HEAD)));
    frames.any(|frame| frame::is_good(frame, salt, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames::tests::Bytes;

    const SALT: u32 = 0x1234_5678;
    const AT: usize = 1_000;

    /// Returns a log of 8 KiB that ends with a frame of some length at [`AT`].
    fn log(length: usize) -> Vec<u8> {
        let mut log = vec![3; AT + length];
        frame::seal(&mut log[AT..], SALT, AT as u64);
        log.resize(8_192, 0);
        log
    }

    fn is_torn(log: &[u8]) -> bool {
        is_incomplete(&Bytes::new(log), SALT, AT as u64).unwrap()
    }

    #[test]
    fn a_write_of_which_a_sector_is_missing_was_not_completed() {
        for length in [25, 600, 1_048, 3_000] {
            let (good, end) = (log(length), AT + length);
            for sector in (0..end).step_by(512).filter(|sector| sector + 512 > AT) {
                let mut torn = good.clone();
                torn[sector.max(AT)..end.min(sector + 512)].fill(0);
                let is_nothing = torn[AT..].iter().all(|&byte| byte == 0);
                assert!(is_torn(&torn) || is_nothing, "{length} bytes without sector {sector}");
            }
        }
    }

    #[test]
    fn a_flipped_bit_of_the_last_frame_is_no_torn_write() {
        for length in [9, 24, 25, 600, 1_048, 3_000] {
            let good = log(length);
            for bit in 8 * AT..8 * (AT + length) {
                let mut bytes = good.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                assert!(!is_torn(&bytes), "{length} bytes, bit {bit}");
            }
        }
    }

    #[test]
    fn a_frame_that_the_file_was_cut_in_is_no_torn_write() {
        let good = log(3_000);
        assert!((AT + 1..AT + 3_000).all(|end| !is_torn(&good[..end])));
    }

    #[test]
    fn a_gap_with_a_sector_of_zeros_was_not_written_and_one_with_changed_bytes_was() {
        for length in [600, 1_048, 3_000] {
            let (good, next) = (log(length), AT + length);
            let gap = |log: &[u8]| is_unwritten(&Bytes::new(log), AT as u64, next as u64).unwrap();
            for sector in (0..next - 511).step_by(512).filter(|sector| sector + 512 > AT) {
                let mut unwritten = good.clone();
                unwritten[sector.max(AT)..sector + 512].fill(0);
                assert!(gap(&unwritten), "{length} bytes without sector {sector}");
            }
            for place in AT..next {
                let mut changed = good.clone();
                changed[place] ^= 1;
                assert!(!gap(&changed), "{length} bytes, byte {place}");
            }
        }
        assert!(!is_unwritten(&Bytes::new(&log(9)), AT as u64, AT as u64 + 9).unwrap());
    }

    #[test]
    fn bytes_are_counted_up_to_the_last_that_is_not_zero() {
        let mut log = log(600);
        for (at, used) in [(AT, 600), (AT + 600, 0), (9_000, 0)] {
            assert_eq!(used_after(&Bytes::new(&log), at as u64).unwrap(), used);
        }
        log.resize(3 * MAX_FRAME, 0);
        log[2 * MAX_FRAME] = 1;
        let used = 2 * MAX_FRAME + 1 - AT;
        assert_eq!(used_after(&Bytes::new(&log), AT as u64).unwrap(), used as u64);
    }
}
