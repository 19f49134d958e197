//! NOR flash that loses power, fails and wears out, for tests of the store in flash.

use std::cell::{Ref, RefCell};
use std::rc::Rc;

use embedded_storage_async::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};

/// A chip that is read and written in words of `WORD` bytes and erased in pages of `PAGE` bytes. All
/// clones are one chip.
#[derive(Clone, Debug)]
pub struct SimulatedFlash<const WORD: usize, const PAGE: usize>(Rc<RefCell<Cells>>);

/// What is in a chip, and what was done to it.
#[derive(Clone, Debug)]
pub struct Cells {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Each operation since the start.
    pub operations: Vec<Operation>,
    /// How it fails.
    pub failing: Failing,
    random: fastrand::Rng,
}

/// What a chip does to its cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Writes a word at an offset.
    Write(usize, Vec<u8>),
    /// Erases the page at an offset.
    Erase(usize),
}

/// How a chip fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Failing {
    /// Not at all.
    #[default]
    Never,
    /// Each write and erase does nothing, and says so.
    Always,
    /// Some writes and erases are done in part, and say so.
    Sometimes,
    /// Each erase leaves the first half of its page, and says so.
    Erases,
    /// Some bits do not take a write, and nothing tells.
    Silently,
}

impl<const WORD: usize, const PAGE: usize> SimulatedFlash<WORD, PAGE> {
    /// A chip with these bytes, a whole number of pages.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        assert!(bytes.len().is_multiple_of(PAGE) && PAGE.is_multiple_of(WORD));
        let (operations, failing) = (Vec::new(), Failing::Never);
        let random = fastrand::Rng::with_seed(1);
        Self(Rc::new(RefCell::new(Cells { bytes, operations, failing, random })))
    }

    /// An erased chip of a number of pages.
    #[must_use]
    pub fn erased(pages: usize) -> Self {
        Self::new(vec![0xff; pages * PAGE])
    }

    /// What is in the chip.
    #[must_use]
    pub fn cells(&self) -> Ref<'_, Cells> {
        self.0.borrow()
    }

    /// Lets the chip fail, or end to fail.
    pub fn set_failing(&self, failing: Failing) {
        self.0.borrow_mut().failing = failing;
    }
}

/// Applies an operation to the bytes of a chip with pages of `page` bytes.
pub fn apply(bytes: &mut [u8], operation: &Operation, page: usize) {
    match operation {
        Operation::Write(offset, word) => {
            let there = &mut bytes[*offset..*offset + word.len()];
            there.iter_mut().zip(word).for_each(|(there, byte)| *there &= byte);
        }
        Operation::Erase(offset) => bytes[*offset..*offset + page].fill(0xff),
    }
}

/// Returns what may be left if power is lost during an operation: for each possibility, the bytes of
/// the chip.
#[must_use]
pub fn torn(
    bytes: &[u8],
    operation: &Operation,
    page: usize,
    random: &mut fastrand::Rng,
) -> Vec<Vec<u8>> {
    let mut left = vec![bytes.to_vec()];
    match *operation {
        Operation::Write(offset, ref word) => {
            // Some of the bits that become 0 have done so.
            let some = word.iter().map(|byte| byte | random.u8(..)).collect();
            left.push(bytes.to_vec());
            apply(&mut left[1], &Operation::Write(offset, some), page);
        }
        Operation::Erase(offset) => {
            let quarter = page / 4;
            for (part, byte) in [
                (0..2 * quarter, 0xff),
                (2 * quarter..page, 0xff),
                // The marks are gone, and what is between them is not.
                (0..quarter, 0xff),
                // Many chips write zeros before they erase.
                (0..page, 0),
            ] {
                let mut bytes = bytes.to_vec();
                bytes[offset..][part].fill(byte);
                left.push(bytes);
            }
            left[3][offset + 3 * quarter..offset + page].fill(0xff);
            let mut bytes = bytes.to_vec();
            bytes[offset..offset + page].iter_mut().for_each(|byte| *byte |= random.u8(..));
            left.push(bytes);
        }
    }
    left
}

impl<const WORD: usize, const PAGE: usize> ErrorType for SimulatedFlash<WORD, PAGE> {
    type Error = NorFlashErrorKind;
}

impl<const WORD: usize, const PAGE: usize> ReadNorFlash for SimulatedFlash<WORD, PAGE> {
    const READ_SIZE: usize = WORD;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        let (cells, offset) = (self.0.borrow(), offset as usize);
        assert!(offset.is_multiple_of(WORD) && bytes.len().is_multiple_of(WORD));
        let there = cells.bytes.get(offset..offset + bytes.len());
        bytes.copy_from_slice(there.ok_or(NorFlashErrorKind::OutOfBounds)?);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.cells().bytes.len()
    }
}

impl<const WORD: usize, const PAGE: usize> NorFlash for SimulatedFlash<WORD, PAGE> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        let mut cells = self.0.borrow_mut();
        assert!(from.is_multiple_of(PAGE as u32) && to.is_multiple_of(PAGE as u32) && from < to);
        (from..to).step_by(PAGE).try_for_each(|at| cells.run::<PAGE>(Operation::Erase(at as usize)))
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        let (mut cells, offset) = (self.0.borrow_mut(), offset as usize);
        assert!(offset.is_multiple_of(WORD) && bytes.len().is_multiple_of(WORD));
        bytes
            .chunks(WORD)
            .zip((offset..).step_by(WORD))
            .try_for_each(|(word, at)| cells.run::<PAGE>(Operation::Write(at, word.to_vec())))
    }
}

impl Cells {
    fn run<const PAGE: usize>(&mut self, operation: Operation) -> Result<(), NorFlashErrorKind> {
        let done = match self.failing {
            Failing::Always => Err(NorFlashErrorKind::Other),
            Failing::Erases if matches!(operation, Operation::Erase(_)) => {
                self.bytes = torn(&self.bytes, &operation, PAGE, &mut self.random).remove(2);
                Err(NorFlashErrorKind::Other)
            }
            Failing::Sometimes if self.random.u8(..) < 8 => {
                let left = torn(&self.bytes, &operation, PAGE, &mut self.random);
                self.bytes = left[self.random.usize(..left.len())].clone();
                Err(NorFlashErrorKind::Other)
            }
            Failing::Silently if self.random.u8(..) < 8 => {
                self.bytes = torn(&self.bytes, &operation, PAGE, &mut self.random).remove(1);
                Ok(())
            }
            _ => {
                apply(&mut self.bytes, &operation, PAGE);
                Ok(())
            }
        };
        self.operations.push(operation);
        done
    }
}
