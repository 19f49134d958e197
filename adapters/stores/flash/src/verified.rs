//! Flash that reads back what it was told to do.
//!
//! A cell that is worn out takes a write without an error. So does a page that an erase has left
//! half blank.

use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// Flash whose writes and erases fail unless they can be read back.
#[derive(Debug)]
pub(crate) struct Verified<F>(pub(crate) F);

impl<F: NorFlash> Verified<F> {
    /// Returns whether a range is erased.
    pub(crate) async fn is_blank(&mut self, from: u32, to: u32) -> Result<bool, NorFlashErrorKind> {
        for offset in (from..to).step_by(CHUNK) {
            let mut bytes = [0; CHUNK];
            let length = CHUNK.min((to - offset) as usize);
            self.read(offset, &mut bytes[..length]).await?;
            if bytes[..length].iter().any(|&byte| byte != BLANK) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl<F> ErrorType for Verified<F> {
    type Error = NorFlashErrorKind;
}

impl<F: ReadNorFlash> ReadNorFlash for Verified<F> {
    const READ_SIZE: usize = F::READ_SIZE;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        self.0.read(offset, bytes).await.map_err(|error| error.kind())
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl<F: NorFlash> NorFlash for Verified<F> {
    const WRITE_SIZE: usize = F::WRITE_SIZE;
    const ERASE_SIZE: usize = F::ERASE_SIZE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        self.0.erase(from, to).await.map_err(|error| error.kind())?;
        if self.is_blank(from, to).await? { Ok(()) } else { Err(NorFlashErrorKind::Other) }
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        self.0.write(offset, bytes).await.map_err(|error| error.kind())?;
        for (part, at) in bytes.chunks(CHUNK).zip((offset..).step_by(CHUNK)) {
            let mut there = [0; CHUNK];
            let there = &mut there[..part.len()];
            self.read(at, there).await?;
            if there != part {
                return Err(NorFlashErrorKind::Other);
            }
        }
        Ok(())
    }
}

/// How much is read at once: the largest word of a flash that is supported.
pub(crate) const CHUNK: usize = 32;

/// An erased byte.
const BLANK: u8 = 0xff;
