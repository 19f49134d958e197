//! The pages of the ring after a power loss.
//!
//! `sequential-storage` marks the first word of a page when it begins to write to the page, and the
//! last when the page is full. When one page is full it erases the oldest, marks the full one, then
//! begins with the erased one. It sees an erase that lost power only by a page whose last word is
//! marked and whose first is not. What is left of a page is not that tidy: `finish_erases` erases
//! each page once more that holds something although it is being erased.

use embedded_storage_async::nor_flash::{NorFlash, NorFlashErrorKind, ReadNorFlash};

use crate::verified::{CHUNK, Verified};

/// What the marks of a page tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Erased,
    Current,
    Full,
    HalfErased,
}

/// Finishes erases that lost power. `pages` is at least 3, so that of two neighbours that are current
/// the second is the one that was being erased.
pub(crate) async fn finish_erases<F: NorFlash>(
    flash: &mut Verified<F>,
    start: u32,
    pages: u32,
) -> Result<(), NorFlashErrorKind> {
    let size = F::ERASE_SIZE as u32;
    let at = |page: u32| start + page % pages * size;
    for page in 0..pages {
        let unfinished = match state(flash, at(page)).await? {
            State::Erased => !flash.is_blank(at(page), at(page) + size).await?,
            State::Current => state(flash, at(page + pages - 1)).await? == State::Current,
            State::Full => false,
            State::HalfErased => true,
        };
        if unfinished {
            flash.erase(at(page), at(page) + size).await?;
        }
    }
    Ok(())
}

async fn state<F: NorFlash>(
    flash: &mut Verified<F>,
    page: u32,
) -> Result<State, NorFlashErrorKind> {
    let last = page + (F::ERASE_SIZE - F::READ_SIZE) as u32;
    Ok(match (is_marked(flash, page).await?, is_marked(flash, last).await?) {
        (false, false) => State::Erased,
        (true, false) => State::Current,
        (true, true) => State::Full,
        (false, true) => State::HalfErased,
    })
}

/// Returns whether a page is marked at an offset, by the rule of `sequential-storage`: the mark is all
/// zeros, and some of its bits may have flipped.
async fn is_marked<F: NorFlash>(
    flash: &mut Verified<F>,
    offset: u32,
) -> Result<bool, NorFlashErrorKind> {
    let mut mark = [0; CHUNK];
    let mark = &mut mark[..F::READ_SIZE];
    flash.read(offset, mark).await?;
    Ok(mark.iter().map(|byte| byte.count_zeros()).sum::<u32>() >= 4)
}
