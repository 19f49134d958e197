//! The chip's second bank of flash. The code is in the first, and runs on while this one is written.
//!
//! embassy-stm32 has the driver. Two things are added to it. A word with more flipped bits than its
//! error-correcting code repairs, as a power loss may leave it, would be a fault: it reads as zeros here,
//! which are neither a record nor blank. And the chip keeps the flags of errors until they are cleared,
//! while the driver takes an old flag for an error of its next write.

use core::arch::asm;
use core::ptr;

use cortex_m::asm::{dsb, isb};
use cortex_m::peripheral::SCB;
use embassy_stm32::flash::{Async, Bank2Region, Error};
use embassy_stm32::pac::FLASH;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

/// The first sectors of the bank. The last one is for settings.
pub(crate) struct Bank(pub(crate) Bank2Region<'static, Async>);

impl ErrorType for Bank {
    type Error = Error;
}

impl ReadNorFlash for Bank {
    const READ_SIZE: usize = WORD;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Error> {
        let offset = offset as usize;
        if offset.saturating_add(bytes.len()) > SIZE {
            return Err(Error::Size);
        }
        if !offset.is_multiple_of(WORD) || !bytes.len().is_multiple_of(WORD) {
            return Err(Error::Unaligned);
        }
        for (bytes, at) in bytes.chunks_mut(WORD).zip((BANK + offset..).step_by(WORD)) {
            bytes.copy_from_slice(&read_word(at).unwrap_or([0; WORD]));
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        SIZE
    }
}

impl NorFlash for Bank {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Error> {
        clear_errors();
        if to as usize > SIZE { Err(Error::Size) } else { self.0.erase(from, to).await }
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Error> {
        clear_errors();
        if offset as usize + bytes.len() > SIZE {
            Err(Error::Size)
        } else {
            self.0.write(offset, bytes).await
        }
    }
}

/// Reads the word of flash at an address in the bank. Returns `None` if it is damaged.
fn read_word(address: usize) -> Option<[u8; WORD]> {
    clear_errors();
    let mut bytes = [0; WORD];
    for (bytes, at) in bytes.chunks_mut(4).zip((address..).step_by(4)) {
        bytes.copy_from_slice(&peek(at).to_le_bytes());
    }
    (!FLASH.bank(1).sr().read().dbeccerr()).then_some(bytes)
}

/// Reads four bytes, whatever they are worth if they are damaged.
fn peek(address: usize) -> u32 {
    // SAFETY: the address is in the bank, where nothing is but bytes. While faults are masked, the
    // processor ignores that of a load, if it is told to; neither lasts longer than the load.
    unsafe {
        asm!("cpsid f", options(nostack, preserves_flags));
        (*SCB::PTR).ccr.modify(|bits| bits | IGNORE_BUS_FAULTS);
        dsb();
        isb();
        let bytes = ptr::with_exposed_provenance::<u32>(address).read_volatile();
        dsb();
        (*SCB::PTR).ccr.modify(|bits| bits & !IGNORE_BUS_FAULTS);
        asm!("cpsie f", options(nostack, preserves_flags));
        bytes
    }
}

/// Clears the bank's flags of errors.
fn clear_errors() {
    FLASH.bank(1).ccr().write(|flags| {
        flags.set_clr_wrperr(true);
        flags.set_clr_pgserr(true);
        flags.set_clr_strberr(true);
        flags.set_clr_incerr(true);
        flags.set_clr_operr(true);
        flags.set_clr_rdperr(true);
        flags.set_clr_rdserr(true);
        flags.set_clr_sneccerr(true);
        flags.set_clr_dbeccerr(true);
    });
}

/// BFHFNMIGN of the processor's configuration.
const IGNORE_BUS_FAULTS: u32 = 1 << 8;

const BANK: usize = 0x0810_0000;
const SECTOR: usize = 128 * 1024;
/// All sectors but the last.
const SIZE: usize = 7 * SECTOR;
/// What is written at once, and has an error-correcting code.
pub(crate) const WORD: usize = 32;
