//! A ring of records in flash.

use core::ops::Range;

use embedded_storage_async::nor_flash::{NorFlash, NorFlashErrorKind, ReadNorFlash};
use metric_proto::Store;
use sequential_storage::Error;
use sequential_storage::cache::page_pointers::ArrayPagePointers;
use sequential_storage::cache::page_states::ArrayPageStates;
use sequential_storage::cache::{Cache, Uncached};
use sequential_storage::queue::{QueueConfig, QueueStorage};

use crate::pages::finish_erases;
use crate::record::{Change, set_number};
use crate::slot::Slot;
use crate::verified::Verified;

/// A ring of records in `PAGES` pages of flash. A full ring gives the records of its oldest page for
/// a new one, so it holds at least those that fit `PAGES - 1` pages.
///
/// `RECORD` is the [longest record](crate::longest_record). A page has room for at least one.
pub struct Ring<F: NorFlash, const PAGES: usize, const RECORD: usize> {
    queue: Queue<F, PAGES>,
    /// The number of the next record.
    number: u16,
    /// Whether what is written next cannot complete a record that was begun before.
    is_marked: bool,
}

/// What was found in a ring.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// Records that were read.
    pub records: u32,
    /// Records that should be between them but were damaged, of each gap modulo 65,536. Damage to the
    /// oldest and the newest records cannot be told from records that never were.
    pub lost: u32,
    /// The pages contradicted each other, so the ring was erased. That is so in flash that has never
    /// been erased; otherwise it means that the marks of several pages were damaged.
    pub erased: bool,
    /// There was a record of more than `RECORD` bytes, after which none was read. Firmware with longer
    /// keys has written it, or it is damaged.
    pub too_long: bool,
}

type Queue<F, const PAGES: usize> =
    QueueStorage<Verified<F>, Cache<ArrayPageStates<PAGES>, ArrayPagePointers<PAGES>, Uncached>>;

impl<F: NorFlash, const PAGES: usize, const RECORD: usize> Ring<F, PAGES, RECORD> {
    /// Opens the ring that begins at the offset `start`, and makes the changes in it to a store in
    /// memory. What a power loss has left unfinished is finished first.
    ///
    /// It reads the ring twice, and each record once more.
    ///
    /// # Errors
    ///
    /// Those of the flash, after which the ring can be opened again; and
    /// [`OutOfBounds`](NorFlashErrorKind::OutOfBounds) or
    /// [`NotAligned`](NorFlashErrorKind::NotAligned) if the flash has no such pages.
    pub async fn open(
        flash: F,
        start: u32,
        store: impl Store,
    ) -> Result<(Self, Replay), NorFlashErrorKind> {
        const {
            assert!(PAGES >= 3, "with fewer pages a torn erase is ambiguous");
            let word = if F::READ_SIZE > F::WRITE_SIZE { F::READ_SIZE } else { F::WRITE_SIZE };
            let item = 8_usize.next_multiple_of(word) + RECORD.next_multiple_of(word);
            assert!(item + 2 * word <= F::ERASE_SIZE, "a page has no room for a record");
            assert!(RECORD.is_multiple_of(word), "a record is read in whole words");
        }
        let mut flash = Verified(flash);
        let end = start as usize + PAGES * F::ERASE_SIZE;
        if end > flash.capacity() {
            return Err(NorFlashErrorKind::OutOfBounds);
        }
        if !(start as usize).is_multiple_of(F::ERASE_SIZE) {
            return Err(NorFlashErrorKind::NotAligned);
        }
        finish_erases(&mut flash, start, PAGES as u32).await?;
        let range = start..end as u32;
        let mut queue = queue(flash, range.clone());
        let mut reader = Reader::default();
        match reader.read::<F, PAGES, RECORD>(&mut queue, store).await {
            Ok(()) => {}
            Err(Error::Corrupted { .. }) => {
                let (mut flash, _) = queue.destroy();
                flash.erase(range.start, range.end).await?;
                queue = self::queue(flash, range);
                reader.replay.erased = true;
            }
            Err(Error::BufferTooSmall(_)) => reader.replay.too_long = true,
            Err(error) => return Err(kind(error)),
        }
        let number = reader.next.unwrap_or_default();
        Ok((Self { queue, number, is_marked: false }, reader.replay))
    }

    /// Writes the changes that come through the slot, for ever. After a write that failed it waits for
    /// `pause` and tries again.
    pub async fn run(mut self, slot: &Slot<RECORD>, pause: impl AsyncFn()) -> ! {
        loop {
            let mut record = slot.next().await;
            while self.push(&mut record).await.is_err() {
                slot.fail();
                pause().await;
                // An erase may have failed half-way, too.
                let range = self.queue.flash_range();
                let (mut flash, _) = self.queue.destroy();
                let _ = finish_erases(&mut flash, range.start, PAGES as u32).await;
                self.queue = queue(flash, range);
            }
            slot.finish();
        }
    }

    async fn push(&mut self, record: &mut [u8]) -> Result<(), Error<NorFlashErrorKind>> {
        set_number(record, self.number);
        if !self.is_marked {
            self.queue.push(MARK, true).await?;
        }
        self.is_marked = false;
        self.queue.push(record, true).await?;
        self.is_marked = true;
        self.number = self.number.wrapping_add(1);
        Ok(())
    }
}

/// Makes the changes in a ring to a store.
#[derive(Default)]
struct Reader {
    replay: Replay,
    /// The number that the next record should have.
    next: Option<u16>,
}

impl Reader {
    async fn read<F: NorFlash, const PAGES: usize, const RECORD: usize>(
        &mut self,
        queue: &mut Queue<F, PAGES>,
        mut store: impl Store,
    ) -> Result<(), Error<NorFlashErrorKind>> {
        let mut buffer = [0; RECORD];
        let mut records = queue.iter().await?;
        while let Some(record) = records.next(&mut buffer).await? {
            if let Some((number, change)) = Change::decode(&record) {
                self.count(number);
                apply(change, &mut store);
            }
        }
        Ok(())
    }

    fn count(&mut self, number: u16) {
        let missing = self.next.map_or(0, |next| number.wrapping_sub(next));
        // A record whose write seemed to fail is there twice.
        if missing != u16::MAX {
            self.replay.lost = self.replay.lost.saturating_add(missing.into());
        }
        self.replay.records = self.replay.records.saturating_add(1);
        self.next = Some(number.wrapping_add(1));
    }
}

/// Makes a change to a store. If it is refused, the sample had been dropped for newer ones.
fn apply(change: Change<'_>, store: &mut impl Store) {
    let _ = match change {
        Change::Put(key, sample) => store.put(key, sample),
        Change::Remove(key) => store.remove(key).map(|_| ()),
    };
}

fn queue<F: NorFlash, const PAGES: usize>(
    flash: Verified<F>,
    range: Range<u32>,
) -> Queue<F, PAGES> {
    let cache = Cache::new(ArrayPageStates::new(), ArrayPagePointers::new(), Uncached);
    QueueStorage::new(flash, QueueConfig::new(range), cache)
}

fn kind(error: Error<NorFlashErrorKind>) -> NorFlashErrorKind {
    match error {
        Error::Storage { value, .. } => value,
        _ => NorFlashErrorKind::Other,
    }
}

/// Written before the first record after a start or a failure. Half the header of a record may be
/// there, which the next bytes could complete by chance: then records would be skipped. These bytes
/// complete none.
const MARK: &[u8] = b"mark";
