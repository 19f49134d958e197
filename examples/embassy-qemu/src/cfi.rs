//! The flash of QEMU's machines `virt`: a bank of two chips of 16 bits side by side, with the commands
//! of Intel's "Common Flash Interface".

use embedded_storage_async::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};

use crate::Register;

/// A bank of flash. Code in it cannot run while it is written.
#[derive(Debug)]
pub struct CfiFlash(usize);

impl CfiFlash {
    /// A bank at an address.
    ///
    /// # Safety
    ///
    /// A bank of 32 MiB must be at that address, with sectors of 256 KiB and without code.
    pub const unsafe fn at(address: usize) -> Self {
        Self(address)
    }

    /// The word at an offset in the bank.
    fn word(&self, offset: u32) -> Register {
        assert!((offset as usize) < SIZE);
        // SAFETY: the caller of `at` guarantees that the word is in the flash, which is no memory of
        // Rust's.
        unsafe { Register::at(self.0 + offset as usize) }
    }

    /// Gives a command and its argument to both chips at an offset. Waits until they are done.
    fn command(&self, offset: u32, command: u32, argument: u32) -> Result<(), NorFlashErrorKind> {
        let word = self.word(offset);
        word.write(both(command));
        word.write(argument);
        let mut status = word.read();
        while status & both(READY) != both(READY) {
            status = word.read();
        }
        word.write(both(CLEAR_STATUS));
        word.write(both(READ_ARRAY));
        if status & both(FAILED) == 0 { Ok(()) } else { Err(NorFlashErrorKind::Other) }
    }
}

impl ErrorType for CfiFlash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for CfiFlash {
    const READ_SIZE: usize = WORD;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        within(offset, bytes.len(), WORD)?;
        for (bytes, at) in bytes.chunks_mut(WORD).zip((offset..).step_by(WORD)) {
            bytes.copy_from_slice(&self.word(at).read().to_le_bytes());
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        SIZE
    }
}

impl NorFlash for CfiFlash {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        let length = to.checked_sub(from).ok_or(NorFlashErrorKind::OutOfBounds)?;
        within(from, length as usize, SECTOR)?;
        (from..to).step_by(SECTOR).try_for_each(|at| self.command(at, ERASE, both(CONFIRM)))
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        within(offset, bytes.len(), WORD)?;
        let (words, _) = bytes.as_chunks();
        let mut words = words.iter().zip((offset..).step_by(WORD));
        words.try_for_each(|(&word, at)| self.command(at, PROGRAM, u32::from_le_bytes(word)))
    }
}

/// Checks that a range is in the bank, in whole units.
fn within(offset: u32, length: usize, unit: usize) -> Result<(), NorFlashErrorKind> {
    if !(offset as usize).is_multiple_of(unit) || !length.is_multiple_of(unit) {
        Err(NorFlashErrorKind::NotAligned)
    } else if (offset as usize).saturating_add(length) > SIZE {
        Err(NorFlashErrorKind::OutOfBounds)
    } else {
        Ok(())
    }
}

/// A command or a status of both chips.
const fn both(of_one: u32) -> u32 {
    of_one << 16 | of_one
}

const SIZE: usize = 32 * 1024 * 1024;
const SECTOR: usize = 256 * 1024;
const WORD: usize = 4;

const PROGRAM: u32 = 0x40;
const ERASE: u32 = 0x20;
const CONFIRM: u32 = 0xd0;
const CLEAR_STATUS: u32 = 0x50;
const READ_ARRAY: u32 = 0xff;
const READY: u32 = 1 << 7;
/// The erase or the write has failed, or the sector is locked.
const FAILED: u32 = 1 << 5 | 1 << 4 | 1 << 1;
