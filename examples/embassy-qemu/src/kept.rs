//! The server with its samples in flash, so that they survive a reset.

use core::cell::RefCell;

use embassy_board::{Board, keep};
use embassy_executor::Spawner;
use embassy_net::Stack;
use embedded_storage_async::nor_flash::NorFlash;
use metric_flash::{FlashStore, Slot, longest_record};
use static_cell::ConstStaticCell;

use crate::server::{KEY, Samples, prepare, serve_all};

/// A connection's handle of the store.
pub(crate) type Handle = FlashStore<'static, &'static RefCell<Samples>, RECORD>;

/// Reads the samples in the first pages of a flash, starts the server, and writes what it takes. The
/// board's own metrics are of one boot, and stay in memory.
pub async fn run<F: NorFlash>(
    spawner: Spawner,
    stack: Stack<'static>,
    name: &'static str,
    flash: F,
) -> ! {
    static SLOT: ConstStaticCell<Slot<RECORD>> = ConstStaticCell::new(Slot::new());
    let (slot, board): (&_, _) = (SLOT.take(), prepare(name));
    let store = board.store;
    keep::<_, _, PAGES, RECORD>((flash, 0), (store, slot), |found| {
        serve_all(spawner, stack, &board, || FlashStore::new(store, slot));
        // Spawning fails only beyond the pool size of a task, so it does not fail here.
        spawner.spawn(report(board, slot, found.lost).unwrap());
    })
    .await
}

#[embassy_executor::task]
async fn report(board: Board<'static, Samples>, slot: &'static Slot<RECORD>, damaged: u32) {
    let [name] = OWN;
    let mut not_kept = || damaged.wrapping_add(slot.refused()).into();
    board.report(&mut [(name, &mut not_kept)]).await;
}

/// The changes that are not in flash: those that were damaged at the start, and those that were refused
/// since.
pub(crate) const OWN: [&str; 1] = ["not_kept"];

/// The longest record, in words of 4 bytes.
const RECORD: usize = longest_record(KEY, 4);

/// The pages of the ring, of 256 KiB each: 24,000 samples or more.
const PAGES: usize = 4;
